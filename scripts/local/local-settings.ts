import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/**
 * Values of local.settings.json, which is made from the sample when absent (C4).
 * @throws Error naming the file when it is not JSON.
 */
export function localSettings(root: string): Readonly<Record<string, string>> {
  const file = path.join(root, 'local.settings.json');
  if (!existsSync(file)) copyFileSync(path.join(root, 'local.settings.sample.json'), file);
  try {
    const { Values = {} } = JSON.parse(readFileSync(file, 'utf8')) as { Values?: Record<string, unknown> };
    return Object.fromEntries(Object.entries(Values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw new Error(
      `local.settings.json is not valid JSON (${(error as Error).message}). Mend it, or delete it to get a fresh one.`,
      { cause: error },
    );
  }
}

/** The environment over the file's Values: what the host and the app will see. */
export function effectiveEnvironment(values: Readonly<Record<string, string>>): Record<string, string> {
  const fromProcess = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  return { ...values, ...Object.fromEntries(fromProcess) };
}
