/** What the queries under `infra` ask for by name. */
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from './app-under-test';

export const queries = ['queries', 'alerts'].flatMap((folder) =>
  readdirSync(path.join(projectRoot, 'infra', folder)).map((file) => ({
    file: `${folder}/${file}`,
    text: readFileSync(path.join(projectRoot, 'infra', folder, file), 'utf8'),
  })),
);

/** Names of metrics, spans and availability tests that a query compares `name` with. */
export function namesAsked(text: string): readonly string[] {
  return [...text.matchAll(/\bname (?:==|startswith|in) ?(\([^)]*\)|'[^']*')/g)].flatMap(([, list = '']) =>
    [...list.matchAll(/'([^']*)'/g)].map(([, name = '']) => name.trim()),
  );
}

export function dimensionsAsked(text: string): readonly string[] {
  return [...text.matchAll(/customDimensions\['([^']*)'\]/g)].map(([, name = '']) => name);
}

/** Every text in quotes of a query, comments left out. */
export function textsIn(text: string): readonly string[] {
  const code = text.replaceAll(/^\s*\/\/.*$/gm, '');
  return [...code.matchAll(/'([^']*)'|"([^"]*)"/g)].map(([, single, double]) => single ?? double ?? '');
}

/** Tables of Application Insights that a query reads. */
export function tablesAsked(text: string): readonly string[] {
  const code = text.replaceAll(/^\s*\/\/.*$|'[^']*'/gm, '');
  const tables = ['requests', 'dependencies', 'traces', 'exceptions', 'customMetrics', 'availabilityResults'];
  return tables.filter((table) => new RegExp(`\\b${table}\\b`).test(code));
}
