/** The files that are made from code: settings, errors, telemetry, storage. A test holds them to this text. */
import { chartSchema } from './chart-schema';
import { errorDefinitions } from '../../src/domain/error-codes';
import { containerDefinition, VECTOR_PATH } from '../../src/adapters/cosmos/container-definition';
import { settingDefinition, settingNames } from '../../src/config/settings';
import { itemStates } from '../../src/domain/items/item-states';
import { RAW_CONTAINER } from '../../src/domain/media/media-event';
import {
  DEAD_LETTER_CONTAINER,
  HELD_PREFIX,
  INGESTION_CONTAINER,
  JOB_QUEUE,
  QUARANTINE_CONTAINER,
  storageLayout,
  WORKING_CONTAINER,
} from '../../src/domain/storage-layout';
import { attributes, metrics, spans } from '../../src/telemetry/names';

export interface ReferencePage {
  /** From the project's root. */
  readonly file: string;
  readonly text: string;
}

export function referencePages(): readonly ReferencePage[] {
  return [
    { file: 'docs/settings.md', text: settingsPage() },
    { file: 'docs/errors.md', text: errorsPage() },
    { file: 'docs/telemetry.md', text: telemetryPage() },
    { file: 'docs/items.md', text: itemsPage() },
    { file: 'infra/storage-layout.json', text: storageLayoutFile() },
    { file: 'infra/cosmos-container.json', text: cosmosContainerFile() },
    { file: 'infra/helm/sluice/values.schema.json', text: chartSchema() },
  ];
}

/** What the infrastructure makes in the storage account. */
function storageLayoutFile(): string {
  const { containers, queues, tables } = storageLayout;
  const named = {
    ...{ jobQueue: JOB_QUEUE, rawContainer: RAW_CONTAINER, deadLetters: DEAD_LETTER_CONTAINER },
    ingestionContainer: INGESTION_CONTAINER,
    heldTexts: `${QUARANTINE_CONTAINER}/${HELD_PREFIX}`,
    workingTexts: WORKING_CONTAINER,
  };
  return `${JSON.stringify({ madeBy: 'npm run docs', containers, queues, tables, ...named }, undefined, 2)}\n`;
}

/** The container that the infrastructure makes in Cosmos DB; length of the vectors and kind of index are its parameters. */
function cosmosContainerFile(): string {
  const { id, partitionKey, indexingPolicy, fullTextPolicy } = containerDefinition('documents', 0, 'quantizedFlat');
  const { includedPaths, excludedPaths, fullTextIndexes } = indexingPolicy ?? {};
  const texts = { fullTextPolicy, fullTextIndexes };
  const paths = { partitionKey, vectorPath: VECTOR_PATH, includedPaths, excludedPaths, ...texts };
  return `${JSON.stringify({ madeBy: 'npm run docs', database: 'sluice', id, ...paths }, undefined, 2)}\n`;
}

const made = (source: string): string => `<!-- Made from ${source} by \`npm run docs\`; edit there. -->`;

function settingsPage(): string {
  const parts = settingNames.map((name) => {
    const { accepts, example, meaning, default: whenAbsent, secret } = settingDefinition(name);
    const facts = [
      `- accepts: ${accepts}`,
      `- default: ${whenAbsent === '' ? 'none' : `\`${whenAbsent}\``}`,
      `- example: \`${name}=${example}\``,
      ...(secret ? ['- secret: never printed or logged'] : []),
    ];
    return [`## \`${name}\``, meaning, facts.join('\n')].join('\n\n');
  });
  return page(
    'Settings',
    made('src/config/settings.ts'),
    [
      'Settings come from the environment, over the Values of `local.settings.json` (made from `local.settings.sample.json` when',
      'absent), over the defaults below. They are checked as a whole before anything starts: a wrong one ends the start with its',
      'name, what was found, what is accepted and an example. An empty value counts as absent.',
    ].join('\n'),
    ...parts,
  );
}

function errorsPage(): string {
  const section = (title: string, of: typeof errorDefinitions): string[] => [
    `## ${title}`,
    ...of.map(
      ({ code, status, title: what, remedy }) =>
        `### \`${code}\`${status === undefined ? '' : ` (HTTP ${status})`}\n\n${what}. ${remedy}`,
    ),
  ];
  const start = new Set(['SETTINGS_INVALID', 'CREDENTIAL_MISSING']);
  const http = errorDefinitions.filter((d) => d.status !== undefined);
  const others = errorDefinitions.filter((d) => d.status === undefined);
  return page(
    'Error codes',
    made('src/domain/error-codes.ts'),
    'Every error answer is `application/problem+json` (RFC 9457) with one of these in `code`; every dead letter carries one too.\nCodes keep their meaning once published. What the host itself refuses (401, unknown route, over-size) has an empty body.',
    ...section('Answered over HTTP', http),
    ...section(
      'In dead letters',
      others.filter((d) => !start.has(d.code)),
    ),
    ...section(
      'At start (exit code 78)',
      others.filter((d) => start.has(d.code)),
    ),
  );
}

function telemetryPage(): string {
  const rows = Object.values(metrics).map((m) => `- \`${m.name}\` (${m.unit}): ${m.description}`);
  return page(
    'Telemetry',
    made('src/telemetry/names.ts'),
    'OpenTelemetry all through. Nothing is exported unless an exporter is set: `APPLICATIONINSIGHTS_CONNECTION_STRING`,\n`OTEL_EXPORTER_OTLP_ENDPOINT` or `METRICS_PORT` (see settings.md).',
    '## Metrics',
    rows.join('\n'),
    '## Spans',
    [...Object.values(spans).map((name) => `- \`${name}\``), '- one per HTTP route, named by method and route'].join(
      '\n',
    ),
    '## Attributes',
    Object.values(attributes)
      .map((name) => `- \`${name}\``)
      .join('\n'),
    '## Logs',
    'One JSON object a line: `level`, `message`, `traceId` and `spanId` where there is a trace, and the keys of the pipeline\n(`pipeline`, `blob`, `mediaId`, `instanceId`, …). Inside an invocation the line goes to the log of that function.',
  );
}

function page(title: string, ...parts: readonly string[]): string {
  return `# ${title}\n\n${parts.join('\n\n')}\n`;
}

function itemsPage(): string {
  const rows = [
    ['state', 'it means', 'what to do'],
    ...Object.entries(itemStates).map(([state, { meaning, next }]) => [`\`${state}\``, meaning, next ?? 'Nothing.']),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  const [head = [], ...body] = rows;
  const table = [line(head), line(widths.map((width) => '-'.repeat(width))), ...body.map(line)].join('\n');
  return page(
    'Where is my file or order?',
    made('src/domain/items/item-states.ts'),
    [
      '`npm run where -- NAME|ORDER|TRACE`, or `GET /v1/items?name=|orderId=|traceId=`, answers for every pipeline at once: state,',
      'since when, tries, orchestration, dead letter, trace, what to do next, and the states before. A name is looked for whole',
      '(`rawfiles/2026/a.pdf`, or the path in the share) or by what follows its last slash; each version of a file, and each event of an',
      'order, is an item of its own, the latest first (`limit`, 100 unless told, at most 1,000). An order of many tenants is narrowed by',
      '`tenantId`.',
    ].join('\n'),
    table,
    [
      'Notes are written beside the work, never in its way: an answer may be a moment behind, and when a process is killed, or storage',
      'is away for long, one may be missing. Nothing is decided by them; each pipeline goes by its own state. They go',
      '`RETENTION_DAYS_ITEMS` days after the last of them, and lie where `ITEMS_STORE` says.',
    ].join('\n'),
  );
}
