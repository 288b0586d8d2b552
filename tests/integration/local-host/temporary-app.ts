import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { startHost } from '../../../local-host/start-host';
import type { HostHandle, StartHostOptions } from '../../../local-host/start-host';
import type { LogRecord } from '../../../local-host/worker-protocol';

/** The project's folder, seen from the compiled tests. */
export const projectRoot = upTo('package-lock.json', __dirname);

/** Source by path below the app's folder. */
export type AppFiles = Readonly<Record<string, string>>;

const PREAMBLE = "const { app, output, input, trigger } = require('@azure/functions');\n";

/** An app whose one entry file is this CommonJS source, with `app` in scope and no route prefix. */
export function singleFile(source: string): AppFiles {
  return {
    'package.json': '{"name":"temporary","main":"index.js"}',
    'host.json': '{"version":"2.0","extensions":{"http":{"routePrefix":""}}}',
    'index.js': PREAMBLE + source,
  };
}

/** A folder with the files of an app, and the project's packages. The caller removes it. */
export function writeApp(files: AppFiles): string {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'local-host-app-')));
  for (const [name, text] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    fs.writeFileSync(path.join(folder, name), text);
  }
  fs.symlinkSync(path.join(projectRoot, 'node_modules'), path.join(folder, 'node_modules'), 'dir');
  return folder;
}

export interface RunningApp {
  readonly host: HostHandle;
  readonly url: string;
  readonly folder: string;
  readonly records: readonly LogRecord[];
  /** Resolves with the first line of the log that matches, past ones included. */
  line(pattern: RegExp): Promise<string>;
  get(path: string, init?: RequestInit): Promise<Response>;
}

/** Runs an app for the tests of the describe block that calls this. Nothing of the machine's own settings reaches it. */
export function useApp(files: AppFiles, options: Partial<StartHostOptions> = {}): RunningApp {
  let running: { host: HostHandle; folder: string } | undefined;
  const records: LogRecord[] = [];
  const watchers = new Set<(message: string) => void>();
  beforeAll(async () => {
    const folder = writeApp(files);
    const host = await startHost({
      scriptRoot: folder,
      port: 0,
      env: { PATH: process.env['PATH'], HOME: process.env['HOME'] },
      log: (record) => {
        records.push(record);
        for (const watch of [...watchers]) watch(record.message);
      },
      ...options,
    });
    running = { host, folder };
  });
  afterAll(async () => {
    if (!running) return;
    await running.host.stop();
    fs.rmSync(running.folder, { recursive: true, force: true });
  });
  const now = () => {
    if (!running) throw new Error('The app is not running.');
    return running;
  };
  return {
    get host() {
      return now().host;
    },
    get url() {
      return now().host.url;
    },
    get folder() {
      return now().folder;
    },
    records,
    line: (pattern) =>
      new Promise((resolve) => {
        const watch = (message: string): void => {
          if (!pattern.test(message)) return;
          watchers.delete(watch);
          resolve(message);
        };
        watchers.add(watch);
        for (const { message } of records) watch(message);
      }),
    // A connection of its own for each request: one that a worker took with it must not be used again.
    get: (url, init) =>
      fetch(now().host.url + url, {
        ...init,
        headers: { connection: 'close', ...(init?.headers as Record<string, string> | undefined) },
      }),
  };
}

function upTo(file: string, from: string): string {
  return fs.existsSync(path.join(from, file)) ? from : upTo(file, path.dirname(from));
}
