/** The queries of the workbook and of the alerts: they bind, and ask for nothing that the app does not emit (C9, I3). */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { settingNames } from '../../../src/config/settings';
import { errorDefinitions } from '../../../src/domain/error-codes';
import { attributes, metrics, spans } from '../../../src/telemetry/names';
import { projectRoot } from '../../drivers/app-under-test';
import { dimensionsAsked, namesAsked, queries, textsIn } from '../../drivers/kql-names';
import { createBindQuery, type BindQuery } from './kusto';

const infra = path.join(projectRoot, 'infra');
const operations = readFileSync(path.join(infra, 'modules', 'operations.bicep'), 'utf8');
const alerts = readdirSync(path.join(infra, 'alerts')).map((file) => path.basename(file, '.kql'));

let bind: BindQuery;
beforeAll(() => {
  bind = createBindQuery();
}, 30_000);

test.each([
  ['requests | where nothingSuch == 1', 'KS142'],
  ['nothingSuch | count', 'KS204'],
  ['requests | where nothingSuch(name)', 'KS211'],
  ['requests | where', 'KS006'],
])('the binder finds what is wrong with %p', (text, code) => {
  expect(bind(text).join()).toContain(code);
});

test.each(queries)('$file binds without a word, and begins with what it shows', ({ text }) => {
  expect(bind(text)).toEqual([]);
  expect(text).toMatch(/^\/\/ \S.*\.\n/);
});

/** What queries compare with that is no name of ours; the collectors' test sees the values of the app's own among them. */
const VALUES = [
  // Availability tests, by the beginning of their names (operations.bicep); how Application Insights writes what failed.
  ...['ready-', '1', 'False'],
  // Of a dependency that is no call to another service; of a backend; of a pipeline; of the two kinds of error queues.
  ...['InProc', 'parked', 'nfs', 'blob.error', 'blob-error'],
  // What a reader is shown.
  ...['', ' ', ': ', 'exception', 'ORDER-ID, CONTAINER/BLOB OR FILE'],
];

test.each(queries)('$file asks for nothing but what the app emits', ({ text }) => {
  const emitted: readonly string[] = [...Object.values(metrics).map(({ name }) => name), ...Object.values(spans)];
  const known: readonly string[] = [...emitted, ...Object.values(attributes), ...VALUES];
  // Whatever a name is compared by, it stands in quotes.
  expect(textsIn(text).filter((one) => !known.includes(one.trim()) && !known.includes(one))).toEqual([]);
  expect(namesAsked(text).filter((name) => ![...emitted, 'ready-'].includes(name))).toEqual([]);
  expect(dimensionsAsked(text).filter((name) => !known.includes(name))).toEqual([]);
  // The one form that is looked at.
  const other = [...text.matchAll(/custom(?:Dimensions|Measurements)(?!\['|,|\b *$)/gm)].map(([found]) => found);
  expect(other).toEqual([]);
});

test('workbook and alerts ask what stands in these files, and nothing else', () => {
  const asked = [...operations.matchAll(/\bquery: (.*?)(?: \})?$/gm)].map(([, query = '']) => query);
  expect(asked.length).toBe(queries.length - 1 + 2);
  for (const query of asked)
    expect(query).toMatch(
      /^(?:rule\.query|panel\.query|loadTextContent\('\.\.\/(?:queries|alerts)\/[a-z0-9-]+\.kql'\))$/,
    );
});

test('8: KQL queries provide operational insights', () => {
  const textOf = (name: string): string => queries.find(({ file }) => file.endsWith(`${name}.kql`))?.text ?? '';
  // What was taken in, what went wrong, how long it takes, and what happened to one of them.
  expect(namesAsked(textOf('ingestion-activity'))).toContain(metrics.events.name);
  expect(namesAsked(textOf('errors'))).toContain(metrics.deadLetters.name);
  expect(namesAsked(textOf('texts'))).toContain(metrics.processingDuration.name);
  expect(dimensionsAsked(textOf('texts'))).toContain(attributes.outcome);
  // Queries that users of source 002 have saved: they go by the log line, and by the name of the metric alone.
  for (const saved of [
    'traces | where message has "Ingestion started orchestration" | project timestamp, severityLevel, message',
    'exceptions | summarize count() by type, outerMessage',
    'customMetrics | where name == "ProcessingDuration" | summarize avg(value), max(value), min(value) by bin(timestamp, 5m)',
  ])
    expect([saved, bind(saved)]).toEqual([saved, []]);
});

test('each alert is deployed, and has a page that says what to do', () => {
  const deployed = [...operations.matchAll(/loadTextContent\('\.\.\/alerts\/(.*)\.kql'\)/g)].map(([, name]) => name);
  expect(deployed.sort()).toEqual([...alerts].sort());
  for (const name of alerts) {
    expect(operations).toContain(`name: '${name}'`);
    const page = readFileSync(path.join(projectRoot, 'docs', 'runbooks', `${name}.md`), 'utf8');
    for (const part of ['## What it means', '## What to look at', '## What to do']) expect(page).toContain(part);
  }
});

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly parameters?: readonly { name?: string; $ref?: string }[] }>>>
  >;
  readonly components: { readonly parameters: Readonly<Record<string, { readonly name: string }>> };
}

describe('the pages name nothing that there is not', () => {
  const folder = path.join(projectRoot, 'docs', 'runbooks');
  const pages = readdirSync(folder).map((file) => ({ file, text: readFileSync(path.join(folder, file), 'utf8') }));
  const all = (text: string, pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([, found = '']) => found);
  const main = readFileSync(path.join(infra, 'main.bicep'), 'utf8');
  const variables = all(readFileSync(path.join(infra, 'main.parameters.json'), 'utf8'), /\$\{(\w+)/g);
  const outputs = all(main, /^output (\w+) /gm);

  test.each(pages)('$file: settings, codes, variables and outputs of azd, links', ({ text }) => {
    const codes: readonly string[] = errorDefinitions.map(({ code }) => code);
    // Of KEDA alone (chart-schema.ts).
    const known: readonly string[] = [...settingNames, ...codes, ...variables, ...outputs, 'RABBITMQ_MANAGEMENT_URL'];
    const words = [
      ...all(text, /`([A-Z][A-Z0-9]*_[A-Z0-9_]+)(?:=[^`]*)?`/g),
      ...all(text, /<([A-Z][A-Z0-9_]*)>/g),
      ...all(text, /\b(SLUICE_\w+)/g),
    ];
    expect(words.filter((word) => !known.includes(word))).toEqual([]);
    const links = all(text, /\]\(([^)#]+)/g);
    expect(links.filter((link) => !existsSync(path.join(folder, link)))).toEqual([]);
  });

  test.each(pages)('$file: routes with their parameters, metrics, parameters of the template', ({ text }) => {
    const { paths, components } = JSON.parse(
      readFileSync(path.join(projectRoot, 'docs', 'openapi.json'), 'utf8'),
    ) as OpenApi;
    for (const [, method = '', route = '', query = ''] of text.matchAll(
      /\b(GET|POST|PUT|DELETE) (\/[^\s`?]*)(?:\?([^\s`]*))?/g,
    )) {
      const operation = paths[route.replace('<id>', '{id}')]?.[method.toLowerCase()];
      expect([`${method} ${route}`, operation === undefined]).toEqual([`${method} ${route}`, false]);
      const takes = (operation?.parameters ?? []).map(
        ({ name, $ref = '' }) => name ?? components.parameters[$ref.split('/').at(-1) ?? '']?.name,
      );
      const given = query === '' ? [] : query.split('&').map((pair) => pair.split('=')[0]);
      expect([route, given.filter((name) => !takes.includes(name))]).toEqual([route, []]);
    }
    const emitted: readonly string[] = [
      ...Object.values(metrics).map(({ name }) => name),
      ...Object.values(attributes),
    ];
    expect(all(text, /`(sluice\.[a-z_.]+|[a-z_]+_total)`/g).filter((name) => !emitted.includes(name))).toEqual([]);
    // Others are Azure's own.
    const known = [...all(main, /^param (\w+) /gm), 'disableLocalAuth', 'quantizedFlat'];
    expect(
      all(text, /`([a-z]+(?:[A-Z][a-z]+)+)`/g).filter((name) => !known.includes(name) && name !== 'dryRun'),
    ).toEqual([]);
  });
});

test('each query of the workbook is there, and every query but the one to be filled in is in the workbook', () => {
  const shown = [...operations.matchAll(/loadTextContent\('\.\.\/queries\/(.*)\.kql'\)/g)].map(([, name]) => name);
  const all = readdirSync(path.join(infra, 'queries')).map((file) => path.basename(file, '.kql'));
  expect(shown.sort()).toEqual(all.filter((name) => name !== 'trace-of-one').sort());
});
