import type { PlantedBug } from './planted-bug';

const HEADINGS: Readonly<Record<string, string>> = {
  'blob-events': 'Blob events',
  chunking: 'How texts are cut',
  documents: 'Documents, vectors, search',
  infrastructure: 'Infrastructure',
  ingestion: 'Text ingestion',
  'local-host': 'The local host',
  media: 'Media',
  orders: 'Orders, and where everything is',
  share: 'The share',
};

/** `docs/verification.md`: what shows that Sluice does what it says. `parts`: tables of planted bugs by the name of their file. */
export function verificationPage(parts: Readonly<Record<string, readonly PlantedBug[]>>): string {
  const count = Object.values(parts).reduce((sum, bugs) => sum + bugs.length, 0);
  const sections = Object.entries(parts).map(([part, bugs]) => {
    const rows = bugs.map(({ name, plants, tests }) => [`\`${name}\``, escaped(plants), `\`${tests}\``]);
    return `## ${HEADINGS[part] ?? part}\n\n${table(['bug', 'what it does', 'caught by tests in'], rows)}`;
  });
  return `${[
    '# What shows that it holds',
    '<!-- Made from tests/planted-bugs by `npm run planted-bugs -- --docs`; edit there. -->',
    [
      '`npm test` runs everything on real parts: Azurite, SQLite, RabbitMQ, the wire protocols of Kafka and AMQP, real processes and',
      'signals. Where order and timing decide, the pipelines run on simulated machines that die, stand still and see storage fail at',
      'seeded moments; a seed that was printed runs the same again. `npm run soak -- PATTERN` does it with the full counts. The local host',
      'is held to recorded behaviour of the Functions host (`tests/golden`).',
    ].join('\n'),
    [
      `Whether the tests would notice is tried by planting bugs: ${count} of them, each a change that somebody could make by mistake.`,
      '`npm run planted-bugs [-- NAME…]` makes one at a time in a copy of the tree, and demands that the tests named beside it fail with it',
      'and pass without it.',
    ].join('\n'),
    ...sections,
  ].join('\n\n')}\n`;
}

function escaped(text: string): string {
  return text.replaceAll('|', '\\|');
}

/** As the formatter lays it out. */
function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, column) => Math.max(cell.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}
