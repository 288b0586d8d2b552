/** A row of the table that `npm start` prints (C3). */
export interface PipelineRow {
  readonly pipeline: string;
  readonly trigger: string;
  readonly state: string;
  /** The setting that turns it on or off. */
  readonly enabledBy: string;
}

const headings: PipelineRow = { pipeline: 'Pipeline', trigger: 'Trigger', state: 'State', enabledBy: 'Enabled by' };
const columns = ['pipeline', 'trigger', 'state', 'enabledBy'] as const;

/** The rows as text with aligned columns. */
export function formatTable(rows: readonly PipelineRow[]): string {
  const all = [headings, ...rows];
  const widths = columns.map((column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row: PipelineRow): string =>
    `  ${columns.map((column, i) => row[column].padEnd(widths[i] ?? 0)).join('   ')}`.trimEnd();
  const rule = `  ${widths.map((width) => '-'.repeat(width)).join('   ')}`;
  return [line(headings), rule, ...rows.map(line)].join('\n');
}
