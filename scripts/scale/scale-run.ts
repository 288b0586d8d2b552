/**
 * Blobs put into `incoming` at once, moved by as many instances of the app as the local host's scaler starts, from the queue's first
 * message until there is one instance again. On storage of its own, which it starts and stops.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { parseDocument } from 'yaml';
import { startEmbeddedStorage } from '../../local-host/storage/embedded-storage';
import { createStorageClients, type StorageClients } from '../../src/adapters/azure-storage/clients';
import type { Config } from '../../src/config/config';
import { hostSettingsFrom } from '../../src/config/host-settings';
import { INCOMING_CONTAINER, blobEventOf, versionId } from '../../src/domain/blob-events/blob-event';
import { checkAll, checkSettings } from '../../src/preflight';

export interface ScaleRunOptions {
  /** Of the project. */
  readonly root: string;
  /** Empty folder for storage and state. */
  readonly home: string;
  /** Three in a row for the storage from the first on. */
  readonly storagePorts: readonly [blob: number, queue: number, table: number];
  readonly port: number;
  readonly metricsPort: number;
  readonly blobs: number;
  readonly maxInstances: number;
  /** Instead of the storage queue. Its queues are declared here. */
  readonly rabbit?: { readonly url: string; readonly managementUrl: string };
  /** Instead of the manifest's own, so that one need not wait for minutes. */
  readonly pollingSeconds: number;
  readonly windowSeconds: number;
  /** Each line that the scaler or an instance prints. */
  readonly onLine?: (line: string) => void;
  /** Told now and then how far it is. */
  readonly onProgress?: (moved: number, replicas: number) => void;
}

export interface ScaleRunResult {
  /** Blobs in `processed` with their bytes, while none is left in `incoming`. */
  readonly moved: number;
  /** Blobs for which the log tells of more than one settled message. */
  readonly again: readonly string[];
  readonly mostWanted: number;
  readonly mostReady: number;
  /** Every change of the replicas, as the scaler says it. */
  readonly decisions: readonly string[];
  /** Milliseconds from the order to scan: until more instances were asked for, until one of them served, until all was moved. */
  readonly askedMs: number | undefined;
  readonly servedMs: number | undefined;
  readonly movedMs: number;
  /** Until there was one instance again, the others gone. */
  readonly backMs: number;
}

interface ScaleState {
  readonly replicas: { readonly wanted: number; readonly ready: number; readonly draining: number };
}

const LOOK_MS = 100;
const LIMIT_MS = 240_000;
const MANIFESTS = path.join('infra', 'k8s', 'keda');

/** @throws Error when it does not come to an end within four minutes a step, or the scaler ends */
export async function runScaling(options: ScaleRunOptions): Promise<ScaleRunResult> {
  const { home, storagePorts, blobs, rabbit } = options;
  const [blob, queue, table] = storagePorts;
  const storage = await startEmbeddedStorage(
    { location: path.join(home, 'azurite'), ports: { blob, queue, table } },
    () => undefined,
    () => undefined,
  );
  try {
    const settings: Record<string, string> = {
      PIPELINES: 'blob-events',
      AzureWebJobsStorage: storage.azurite.connectionString,
      BLOB_EVENTS_BATCH_SIZE: '1',
      ...(rabbit ? { RABBITMQ_URL: rabbit.url, RABBITMQ_MANAGEMENT_URL: rabbit.managementUrl } : {}),
      // Only when it is told to.
      BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *',
      AzureFunctionsJobHost__extensions__queues__maxPollingInterval: '00:00:00.500',
    };
    const ready = await checkAll(checkSettings(settings));
    if (!ready.ok) throw new Error(ready.reasons.join('\n'));
    const clients = createStorageClients(ready.config.storage);
    const destinations = await upload(clients, ready.config, blobs);
    const run = new Run(
      options,
      spawnScaler(options, manifestFor(options), { ...settings, ...hostSettingsFrom(ready.config) }),
    );
    try {
      return await run.untilBack(() => verified(clients, destinations));
    } finally {
      await run.stop();
    }
  } finally {
    await storage.stop();
  }
}

/** The scaler's process, and what its lines and its report tell. */
class Run {
  readonly #settled = new Map<string, number>();
  readonly #decisions: string[] = [];
  #asked: number | undefined;
  #served: number | undefined;
  #mostReady = 0;
  #mostWanted = 0;
  #began = Infinity;
  readonly #gone: Promise<number | null>;
  #isGone = false;

  constructor(
    readonly options: ScaleRunOptions,
    readonly child: ChildProcess,
  ) {
    this.#gone = new Promise((resolve) => child.once('exit', resolve));
    void this.#gone.then(() => (this.#isGone = true));
    for (const stream of [child.stdout, child.stderr])
      if (stream) readline.createInterface({ input: stream }).on('line', (line) => this.#line(line));
  }

  async untilBack(verify: () => Promise<number>): Promise<ScaleRunResult> {
    const { port, blobs, onProgress } = this.options;
    await this.#until(({ replicas }) => replicas.ready === 1);
    const answer = await fetch(`http://127.0.0.1:${port}/admin/functions/incoming-scanned`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: '{}',
    });
    if (answer.status !== 202) throw new Error(`The scan was answered ${answer.status}.`);
    this.#began = performance.now();
    await this.#until(({ replicas }) => {
      onProgress?.(this.#settled.size, replicas.ready);
      return this.#settled.size >= blobs;
    });
    const movedMs = performance.now() - this.#began;
    await this.#until(({ replicas }) => replicas.wanted === 1 && replicas.ready === 1 && replicas.draining === 0);
    const backMs = performance.now() - this.#began;
    return {
      moved: await verify(),
      again: [...this.#settled].filter(([, times]) => times > 1).map(([name]) => name),
      mostWanted: this.#mostWanted,
      mostReady: this.#mostReady,
      decisions: this.#decisions,
      ...{ askedMs: this.#asked, servedMs: this.#served, movedMs, backMs },
    };
  }

  async stop(): Promise<void> {
    this.child.kill('SIGTERM');
    await this.#gone;
  }

  /** Looks at the scaler's report until it is as wanted. */
  async #until(is: (state: ScaleState) => boolean): Promise<void> {
    const end = Date.now() + LIMIT_MS;
    for (;;) {
      await delay(LOOK_MS);
      if (this.#isGone) throw new Error('The scaler ended.');
      if (Date.now() > end) throw new Error(`It did not come to an end; ${this.#settled.size} blobs are moved.`);
      const state = await scaleState(this.options.metricsPort);
      if (!state) continue;
      this.#mostReady = Math.max(this.#mostReady, state.replicas.ready);
      this.#mostWanted = Math.max(this.#mostWanted, state.replicas.wanted);
      if (is(state)) return;
    }
  }

  #line(line: string): void {
    const sinceMs = performance.now() - this.#began;
    this.options.onLine?.(line);
    if (/^Scaling \S+ from \d+ to /.test(line)) {
      this.#decisions.push(line);
      if (sinceMs > 0) this.#asked ??= sinceMs;
    }
    if (sinceMs > 0 && /^Instance \d+ serves/.test(line)) this.#served ??= sinceMs;
    if (!line.includes('"Blob event settled"')) return;
    const [, name = ''] = /"blob":"([^"]+)"/.exec(line) ?? [];
    this.#settled.set(name, (this.#settled.get(name) ?? 0) + 1);
  }
}

async function scaleState(port: number): Promise<ScaleState | undefined> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/scale`, { headers: { connection: 'close' } });
    return (await answer.json()) as ScaleState;
  } catch {
    return undefined;
  }
}

/** Ours, with another interval and window. */
function manifestFor(options: ScaleRunOptions): string {
  const name = options.rabbit ? 'blob-events-rabbitmq.yaml' : 'blob-events-queue.yaml';
  const shipped = readFileSync(path.join(options.root, MANIFESTS, name), 'utf8');
  const [scaledObject = '', ...others] = shipped.split(/^---$/m);
  const document = parseDocument(scaledObject);
  document.setIn(['spec', 'pollingInterval'], options.pollingSeconds);
  document.setIn(
    ['spec', 'advanced', 'horizontalPodAutoscalerConfig', 'behavior', 'scaleDown', 'stabilizationWindowSeconds'],
    options.windowSeconds,
  );
  const file = path.join(options.home, name);
  mkdirSync(options.home, { recursive: true });
  writeFileSync(file, [document.toString(), ...others].join('---'));
  return file;
}

function spawnScaler(
  { root, home, port, metricsPort, maxInstances, pollingSeconds }: ScaleRunOptions,
  manifest: string,
  settings: Readonly<Record<string, string>>,
): ChildProcess {
  const args = ['start', '--script-root', root, '--host-state', path.join(home, 'host'), '--no-storage'];
  const scaling = ['--scale-manifest', manifest, '--max-instances', String(maxInstances)];
  const timing = ['--scale-sync', String(pollingSeconds), '--scale-metrics', String(metricsPort)];
  return spawn(
    process.execPath,
    [path.join(root, 'bin', 'local-host'), ...args, ...scaling, ...timing, '--port', String(port)],
    {
      env: { PATH: process.env.PATH, HOME: process.env.HOME, ...settings },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
}

/** @returns bytes by destination */
async function upload(clients: StorageClients, config: Config, count: number): Promise<ReadonlyMap<string, string>> {
  const container = clients.blobs().getContainerClient(INCOMING_CONTAINER);
  const destinations = new Map<string, string>();
  for (let from = 0; from < count; from += 20)
    await Promise.all(
      Array.from({ length: Math.min(20, count - from) }, async (_, index) => {
        const name = `scale/blob-${String(from + index).padStart(4, '0')}.txt`;
        const bytes = `the bytes of ${name}`;
        const { etag = '' } = await container.getBlockBlobClient(name).upload(bytes, bytes.length);
        const id = versionId(config.storage.account, INCOMING_CONTAINER, name, etag);
        destinations.set(blobEventOf(id, name, 0).dest, bytes);
      }),
    );
  return destinations;
}

/** How many are where they belong with their bytes, as long as nothing is left over and nothing else came. */
async function verified(clients: StorageClients, destinations: ReadonlyMap<string, string>): Promise<number> {
  const [first = ''] = destinations.keys();
  const container = first.slice(0, first.indexOf('/'));
  const found: string[] = [];
  for await (const { name } of clients.blobs().getContainerClient(container).listBlobsFlat())
    found.push(`${container}/${name}`);
  for await (const { name } of clients.blobs().getContainerClient(INCOMING_CONTAINER).listBlobsFlat())
    throw new Error(`${name} is still in ${INCOMING_CONTAINER}.`);
  const strange = found.filter((name) => !destinations.has(name));
  if (strange.length > 0) throw new Error(`${strange.join(', ')} came besides.`);
  const right = await Promise.all(
    found.map(async (dest) => {
      const blob = clients
        .blobs()
        .getContainerClient(container)
        .getBlobClient(dest.slice(container.length + 1));
      return (await blob.downloadToBuffer()).toString() === destinations.get(dest);
    }),
  );
  return right.filter((is) => is).length;
}
