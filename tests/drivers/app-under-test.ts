import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { startHost, type HostHandle, type StartHostOptions } from '../../local-host/start-host';
import { hostSettingsFrom, localHostSettings } from '../../src/config/host-settings';
import { startStorage, type StorageUnderTest } from './storage-under-test';

/** The project's root, seen from the compiled tests. */
export const projectRoot = upTo('package-lock.json', __dirname);

export interface AppUnderTest {
  readonly url: string;
  readonly host: HostHandle;
  readonly storage: StorageUnderTest;
  /** Lines that the app and the host logged. */
  readonly lines: readonly string[];
  /** Resolves with the first log line that matches, past ones included. */
  line(pattern: RegExp): Promise<string>;
  /** Looks now and after everything that the host logs, until there is a value. */
  until<T>(look: () => Promise<T | undefined | false>): Promise<T>;
  stop(): Promise<void>;
}

/** The whole app on the local host with a real Azurite, all on free ports. */
export async function startApp(
  settings: Parameters<typeof startStorage>[0] = {},
  options: Pick<StartHostOptions, 'clock' | 'functions'> = {},
): Promise<AppUnderTest> {
  const storage = await startStorage(settings);
  const lines: string[] = [];
  const waits = new Set<(line: string) => void>();
  const host = await startHost({
    ...options,
    scriptRoot: projectRoot,
    port: 0,
    // Nothing of the machine's own settings may reach the app under test.
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    settings: { ...storage.settings, ...hostSettingsFrom(storage.config), ...localHostSettings },
    stateDir: path.join(storage.folder, 'host'),
    eventGridFile: path.join(projectRoot, 'infra', 'local', 'event-grid.json'),
    log: (record) => {
      lines.push(record.message);
      for (const waiting of [...waits]) waiting(record.message);
    },
  }).catch(async (error: unknown) => {
    await storage.stop();
    throw error;
  });
  return {
    url: host.url,
    host,
    storage,
    lines,
    line: (pattern) =>
      new Promise((resolve) => {
        const look = (line: string): void => {
          if (!pattern.test(line)) return;
          waits.delete(look);
          resolve(line);
        };
        waits.add(look);
        lines.forEach(look);
      }),
    async until(look) {
      for (;;) {
        const next = new Promise<void>((resolve) => {
          const once = (): void => {
            waits.delete(once);
            resolve();
          };
          waits.add(once);
        });
        const value = await look();
        if (value !== undefined && value !== false) return value;
        await next;
      }
    },
    async stop() {
      await host.stop();
      await storage.stop();
    },
  };
}

/** SIGKILL to the process of the app, not to its host, which starts it again. */
export function killApp(): void {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8').trim().split(' ');
  for (const pid of children)
    if (readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('worker/main.js')) process.kill(Number(pid), 'SIGKILL');
}

function upTo(file: string, from: string): string {
  if (existsSync(path.join(from, file))) return from;
  const parent = path.dirname(from);
  if (parent === from) throw new Error(`no ${file} above the tests`);
  return upTo(file, parent);
}
