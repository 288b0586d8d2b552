import { createHash } from 'node:crypto';
import os from 'node:os';

/** A host id that stays the same for one app folder on one machine, as Core Tools derives it. At most 32 characters. */
export function deriveHostId(appRoot: string): string {
  const machine = os
    .hostname()
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '')
    .slice(0, 21);
  const folder = createHash('sha256').update(appRoot).digest('hex').slice(0, 10);
  return `${machine === '' ? 'host' : machine}-${folder}`;
}
