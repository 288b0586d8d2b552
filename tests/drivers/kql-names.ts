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
