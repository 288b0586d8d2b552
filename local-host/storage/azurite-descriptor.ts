/**
 * `azurite.json` beside Azurite's data: which process serves this folder, where, and where its access log is. The launcher
 * adopts by it, and the parts of the host that follow the access log find the log by it.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface AzuritePorts {
  readonly blob: number;
  readonly queue: number;
  readonly table: number;
}

export interface AzuriteDescriptor {
  readonly pid: number;
  /** Start time of the process as the kernel counts it; undefined where /proc is missing. */
  readonly startTime: string | undefined;
  readonly ports: AzuritePorts;
  /** Absolute. */
  readonly accessLog: string;
}

const FILE = 'azurite.json';

/** Undefined when there is none or it is damaged. */
export function readDescriptor(location: string): AzuriteDescriptor | undefined {
  try {
    const { pid, startTime, ports, accessLog } = JSON.parse(
      readFileSync(join(location, FILE), 'utf8'),
    ) as Partial<AzuriteDescriptor>;
    if (typeof pid !== 'number' || ports === undefined || typeof accessLog !== 'string') return undefined;
    return { pid, startTime, ports, accessLog };
  } catch {
    return undefined;
  }
}

/** Written whole or not at all. */
export function writeDescriptor(location: string, descriptor: AzuriteDescriptor): void {
  const file = join(location, FILE);
  writeFileSync(`${file}.new`, `${JSON.stringify(descriptor, undefined, 2)}\n`);
  renameSync(`${file}.new`, file);
}
