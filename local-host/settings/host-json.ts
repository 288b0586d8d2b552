import fs from 'node:fs';
import path from 'node:path';
import { HostStartError } from '../plugin';
import type { HostJson } from './host-settings';
import { parseRelaxedJson } from './relaxed-json';

const OVERRIDE_PREFIX = 'azurefunctionsjobhost__';

/**
 * Reads host.json, writing a minimal one when there is none, and applies `AzureFunctionsJobHost__a__b` settings over it.
 * @throws HostStartError when it is not JSON, or its version is not 2.0
 */
export function readHostJson(appRoot: string, values: Readonly<Record<string, string>>): HostJson {
  const file = path.join(appRoot, 'host.json');
  let parsed: unknown = { version: '2.0' };
  if (!fs.existsSync(file)) writeDefault(file);
  else {
    try {
      parsed = parseRelaxedJson(fs.readFileSync(file, 'utf8'));
    } catch (error) {
      throw new HostStartError(`Unable to parse host configuration file '${file}'. ${(error as Error).message}`);
    }
  }
  if (typeof parsed !== 'object' || parsed === null || (parsed as Record<string, unknown>)['version'] !== '2.0')
    throw new HostStartError(
      `The host.json file is missing the required 'version' property, or its value is not "2.0". See https://aka.ms/functions-hostjson for steps to migrate the configuration file.`,
    );
  const root = structuredClone(parsed) as Record<string, unknown>;
  for (const [name, value] of Object.entries(values))
    if (name.toLowerCase().startsWith(OVERRIDE_PREFIX))
      override(root, name.slice(OVERRIDE_PREFIX.length).split(/__|:/), value);
  return root as unknown as HostJson;
}

function writeDefault(file: string): void {
  try {
    fs.writeFileSync(file, `${JSON.stringify({ version: '2.0' }, null, 2)}\n`, { flag: 'wx' });
  } catch {
    // A read-only app folder runs with the defaults.
  }
}

function override(target: Record<string, unknown>, keys: readonly string[], value: string): void {
  const [head = '', ...rest] = keys;
  const key = Object.keys(target).find((name) => name.toLowerCase() === head.toLowerCase()) ?? head;
  if (rest.length === 0) {
    target[key] = typed(value);
    return;
  }
  const child = target[key];
  const next = typeof child === 'object' && child !== null ? (child as Record<string, unknown>) : {};
  target[key] = next;
  override(next, rest, value);
}

/** Settings are text; host.json is typed. */
function typed(value: string): unknown {
  if (/^(true|false)$/i.test(value)) return value.toLowerCase() === 'true';
  return /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : value;
}
