/** The queries of the workbook and of the alerts: they bind, and ask for nothing that the app does not emit (C9, I3). */
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { settingNames } from '../../../src/config/settings';
import { errorDefinitions } from '../../../src/domain/error-codes';
import { attributes, metrics, spans } from '../../../src/telemetry/names';
import { projectRoot } from '../../drivers/app-under-test';
import { dimensionsAsked, namesAsked, queries } from '../../drivers/kql-names';
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

test.each(queries)('$file asks for what the app emits', ({ text }) => {
  const emitted: readonly string[] = [...Object.values(metrics).map(({ name }) => name), ...Object.values(spans)];
  const others = ['ready-'];
  expect(namesAsked(text).filter((name) => ![...emitted, ...others].includes(name))).toEqual([]);
  const known: readonly string[] = Object.values(attributes);
  expect(dimensionsAsked(text).filter((name) => !known.includes(name))).toEqual([]);
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

test('the pages name settings, error codes and links that there are', () => {
  const folder = path.join(projectRoot, 'docs', 'runbooks');
  const codes: readonly string[] = errorDefinitions.map(({ code }) => code);
  const known: readonly string[] = [...settingNames, ...codes, 'AZURE_LOCATION', 'PUT', 'POST', 'SLUICE_BUDGET'];
  for (const file of readdirSync(folder)) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    const words = [...text.matchAll(/`([A-Z][A-Z0-9]*_[A-Z0-9_]+)`/g)].map(([, word]) => word ?? '');
    expect([file, words.filter((word) => !known.includes(word))]).toEqual([file, []]);
    const links = [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link]) => link ?? '');
    expect([file, links.filter((link) => !existsSync(path.join(folder, link)))]).toEqual([file, []]);
  }
});

test('each query of the workbook is there, and every query but the one to be filled in is in the workbook', () => {
  const shown = [...operations.matchAll(/loadTextContent\('\.\.\/queries\/(.*)\.kql'\)/g)].map(([, name]) => name);
  const all = readdirSync(path.join(infra, 'queries')).map((file) => path.basename(file, '.kql'));
  expect(shown.sort()).toEqual(all.filter((name) => name !== 'trace-of-one').sort());
});
