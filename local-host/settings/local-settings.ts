import fs from 'node:fs';
import path from 'node:path';
import { parseRelaxedJson } from './relaxed-json';

/** local.settings.json as Core Tools reads it. */
export interface LocalSettings {
  readonly values: Readonly<Record<string, string>>;
  readonly port: number | undefined;
  readonly corsOrigins: readonly string[];
  readonly corsCredentials: boolean;
}

/** The file exists but cannot be used. */
export class LocalSettingsError extends Error {
  override readonly name = 'LocalSettingsError';
}

const NONE: LocalSettings = { values: {}, port: undefined, corsOrigins: [], corsCredentials: false };

/** @throws LocalSettingsError when the file is not JSON or is encrypted */
export function readLocalSettings(appRoot: string): LocalSettings {
  const file = path.join(appRoot, 'local.settings.json');
  if (!fs.existsSync(file)) return NONE;
  let parsed: unknown;
  try {
    parsed = parseRelaxedJson(fs.readFileSync(file, 'utf8'));
  } catch (error) {
    throw new LocalSettingsError(`${file} cannot be read: ${(error as Error).message}`);
  }
  const root = record(parsed);
  if (root['IsEncrypted'] === true)
    throw new LocalSettingsError(
      `${file} is encrypted. Run 'func settings decrypt' in its folder, or set "IsEncrypted": false and plain values.`,
    );
  const values: Record<string, string> = {};
  for (const [name, value] of Object.entries(record(root['Values']))) values[name] = text(value);
  for (const [name, value] of Object.entries(record(root['ConnectionStrings'])))
    values[`ConnectionStrings:${name}`] = text(value);
  const host = record(root['Host']);
  const port = Number(host['LocalHttpPort'] ?? Number.NaN);
  return {
    values,
    port: Number.isInteger(port) ? port : undefined,
    corsOrigins: text(host['CORS'])
      .split(',')
      .map((origin) => origin.trim())
      .filter((origin) => origin !== ''),
    corsCredentials: host['CORSCredentials'] === true,
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  if (typeof value === 'string') return value;
  return value === undefined || value === null ? '' : JSON.stringify(value);
}
