import { sha256Hex } from './digest';

/**
 * Instance id of the orchestration that handles `key`: `<pipeline>-<sha256 of the key>`. The same key always gets the same
 * id, on every host; the hash keeps out the characters that instance ids may not hold (`/ \ # ?`).
 */
export function instanceId(pipeline: string, ...key: readonly string[]): string {
  return `${pipeline}-${sha256Hex(key.join('\n'))}`;
}
