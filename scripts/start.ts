/**
 * `npm start`: embedded storage, local host, demo, and then it serves until Ctrl-C (C2). Azurite and the host are processes of
 * their own, so that a host that is killed takes no acknowledged data with it.
 */
import { existsSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../src/config/config';
import { hostSettingsFrom, localHostSettings } from '../src/config/host-settings';
import { runBlobEventsDemo } from './local/blob-events-demo';
import { demoStates, earlierDemo, uploadDemo } from './local/demo';
import { startHostProcess, type HostProcess } from './local/host-process';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { formatTable } from './local/pipeline-table';
import { indexFile, itemsFile } from './local/index-file';
import { runIngestionDemo } from './local/ingestion-demo';
import { runOrdersDemo } from './local/orders-demo';
import { pipelineRows } from './local/pipeline-rows';
import { localShareSettings, makeLocalShare, runShareDemo, shareState } from './local/share-demo';
import { requireFreePort, stopLeftOver } from './local/left-over';
import { lockStart } from './local/start-lock';
import '../local-host/quiet-sqlite';
import { startEmbeddedStorage, type EmbeddedStorage } from '../local-host/storage/embedded-storage';
import { terminalFilter } from './local/host-line';
import { parseStartOptions, usage, type StartOptions } from './local/start-options';
import { unknownSettings } from './local/unknown-settings';
import { checkAll, checkSettings, EX_CONFIG } from '../src/preflight';

const root = path.resolve(__dirname, '..', '..');
const READY_LIMIT_MS = 120_000;
const DEMO_LIMIT_MS = 60_000;

/** Ends the start with these lines and this exit code. */
class StartRefused extends Error {
  override readonly name = 'StartRefused';
  constructor(
    readonly lines: readonly string[],
    readonly exitCode: number,
  ) {
    super(lines.join('\n'));
  }
}

async function start(options: StartOptions, stopped: AbortSignal): Promise<void> {
  const home = path.resolve(process.env.SLUICE_HOME ?? path.join(root, '.sluice'));
  const run = path.join(home, 'run');
  for (const folder of [run, path.join(home, 'host'), path.join(home, 'logs')]) mkdirSync(folder, { recursive: true });

  const lock = lockStart(path.join(run, 'start.json'), options.port);
  try {
    await serve(options, stopped, home, run);
  } finally {
    lock.release();
  }
}

async function serve(options: StartOptions, stopped: AbortSignal, home: string, run: string): Promise<void> {
  const environment = effectiveEnvironment(localSettings(root));
  if (isDevelopmentStorage(environment)) {
    const share = localShareSettings(environment, home, options.storagePort);
    makeLocalShare(share);
    Object.assign(environment, share);
  }
  environment.SQLITE_FILE = indexFile(environment, home);
  // One machine has all of it; ITEMS_STORE, where it is set, wins.
  if ((environment.ITEMS_STORE ?? '') === '') environment.ITEMS_STORE = 'sqlite';
  environment.ITEMS_FILE = itemsFile(environment, home);
  const checked = checkSettings(environment);
  if (!checked.ok)
    throw new StartRefused(
      ['Sluice cannot start with these settings (local.settings.json, environment):', ...checked.reasons],
      EX_CONFIG,
    );
  for (const warning of unknownSettings(environment)) console.error(warning);
  const hostPid = path.join(run, 'host.pid');
  await stopLeftOver(hostPid, 'local-host');
  await requireFreePort(options.port, options.address);

  let storage: EmbeddedStorage | undefined;
  let host: HostProcess | undefined;
  try {
    if (isDevelopmentStorage(environment)) {
      const { storagePort: blob } = options;
      storage = await startEmbeddedStorage(
        {
          location: path.join(home, 'azurite'),
          ports: { blob, queue: blob + 1, table: blob + 2 },
          pidFile: path.join(run, 'azurite.pid'),
        },
        (pid) => console.log(`Azurite (process ${pid}) ended; starting it again.`),
        (reason) => console.error(`Azurite cannot be started again; trying until it can. ${reason}`),
      );
      const { azurite } = storage;
      if (blob !== 10_000) environment.AzureWebJobsStorage = azurite.connectionString;
      console.log(
        `Storage: Azurite ${azurite.adopted ? 'found running' : 'started'} on ports ${blob} to ${blob + 2} (process ${azurite.pid}).`,
      );
    }
    const ready = await checkAll(checkSettings(environment));
    if (!ready.ok) throw new StartRefused(ready.reasons, EX_CONFIG);

    const logFile = path.join(home, 'logs', 'host.log');
    const base = `http://localhost:${options.port}`;
    const filter = terminalFilter(options.verbose);
    const givenUp = new AbortController();
    host = startHostProcess({
      script: path.join(root, 'bin', 'local-host'),
      args: [
        'start',
        '--script-root',
        root,
        '--port',
        String(options.port),
        '--host-state',
        path.join(home, 'host'),
        '--no-storage',
        '--log-stamps',
        ...(options.address === undefined ? [] : ['--host', options.address]),
        '--event-grid',
        path.join(root, 'infra', 'local', 'event-grid.json'),
      ],
      environment: { ...environment, ...hostSettingsFrom(ready.config), ...localHostSettings },
      pidFile: hostPid,
      logFile,
      onLine: (line) => {
        const shown = filter(line);
        if (shown !== undefined) console.log(shown);
      },
      onLogTrouble: (reason) => console.error(`The log ${logFile} cannot be written; the host runs on. ${reason}`),
      onDeath: (how) => console.log(`The host ended (${how}); starting it again.`),
      onGivenUp: (how) => {
        console.error(`The host cannot run (${how}). Its log: ${logFile}`);
        givenUp.abort();
      },
    });
    const end = AbortSignal.any([stopped, givenUp.signal]);
    await untilReady(base, end);
    await report(base, home, options, ready.config, end);
    if (!end.aborted)
      console.log(`\nServing on ${base}   log: ${path.relative(process.cwd(), logFile)}   Ctrl-C stops everything.`);
    await aborted(end);
    if (givenUp.signal.aborted) process.exitCode = 1;
  } finally {
    if (host) console.log('Stopping …');
    await host?.stop();
    await storage?.stop();
    if (host) console.log('Stopped. The next start goes on from here.');
  }
}

/** Demo, then the table. */
async function report(
  base: string,
  home: string,
  options: StartOptions,
  config: Config,
  end: AbortSignal,
): Promise<void> {
  const stateFile = path.join(home, 'demo.json');
  const earlier = earlierDemo(stateFile);
  const ordering = ordersState(base, home, options, config, end);
  const share = shareReport(base, home, options, config, end);
  const moving = blobEventsReport(base, home, options, config, end);
  const reading = ingestionReport(base, home, options, config, end);
  // Awaited below; until then a failure of theirs is nobody's surprise.
  for (const demo of [ordering, share, moving, reading]) demo.catch(() => undefined);
  let media = 'waiting for files';
  if (config.pipelines.has('media') && options.demo && !end.aborted) {
    const items = earlier ?? (await uploadDemo(base, path.join(root, 'demo', 'media'), stateFile));
    const states = await demoStates(base, items, DEMO_LIMIT_MS, end);
    const processed = states.filter((s) => s.state === 'processed').length;
    media = `running, ${processed} of ${states.length} demo files processed${earlier ? ' (found from before)' : ''}`;
    for (const s of states) console.log(`  media  ${s.file.padEnd(12)} ${s.state.padEnd(10)} ${base}/v1/media/${s.id}`);
  }
  const nfs = await share;
  for (const line of nfs.lines) console.log(`  nfs    ${line}`);
  const blobEvents = await moving;
  for (const line of blobEvents.lines) console.log(`  blobs  ${line}`);
  const ingestion = await reading;
  for (const line of ingestion.lines) console.log(`  text   ${line}`);
  const orders = await ordering;
  const states = { media, 'blob-events': blobEvents.state, nfs: nfs.state, ingestion: ingestion.state, orders };
  console.log(`\n${formatTable(pipelineRows(config, states))}`);
  const tries = [
    ...(config.pipelines.has('media') ? [`curl -F "file=@demo/media/lock.png" ${base}/upload`] : []),
    ...(config.pipelines.has('ingestion') ? [`curl "${base}/v1/search?q=how+do+I+authenticate"`] : []),
  ];
  console.log(`\nTry: ${(tries.length > 0 ? tries : [`curl ${base}/readyz`]).join('\n     ')}`);
}

/** What the table says of the orders. */
async function ordersState(
  base: string,
  home: string,
  options: StartOptions,
  config: Config,
  end: AbortSignal,
): Promise<string> {
  const runs =
    config.pipelines.has('orders') && config.orders.backends.mode === 'queue' && options.demo && !end.aborted;
  const state = path.join(home, 'orders-demo.json');
  const demo = runs ? await runOrdersDemo(base, config.storage, state, DEMO_LIMIT_MS, end) : undefined;
  return demo ? `running, ${demo.settled} of ${demo.sent} demo orders processed` : 'waiting for orders';
}

/** The demo of the blob events at the first start. */
async function blobEventsReport(
  base: string,
  home: string,
  options: StartOptions,
  config: Config,
  end: AbortSignal,
): Promise<{ readonly state: string; readonly lines: readonly string[] }> {
  const runs = config.pipelines.has('blob-events') && options.demo && !end.aborted;
  const [media, state] = [path.join(root, 'demo', 'media'), path.join(home, 'blob-events-demo.json')];
  const demo = runs ? await runBlobEventsDemo(base, config.storage, media, state, DEMO_LIMIT_MS, end) : undefined;
  if (!demo) return { state: 'waiting for blobs', lines: [] };
  return { state: `running, ${demo.moved} of ${demo.put} demo blobs moved`, lines: demo.lines };
}

/** The demo of the text ingestion at the first start. */
async function ingestionReport(
  base: string,
  home: string,
  options: StartOptions,
  config: Config,
  end: AbortSignal,
): Promise<{ readonly state: string; readonly lines: readonly string[] }> {
  const runs = config.pipelines.has('ingestion') && options.demo && !end.aborted;
  const [texts, state] = [path.join(root, 'demo', 'text'), path.join(home, 'ingestion-demo.json')];
  const demo = runs ? await runIngestionDemo(base, config, texts, state, DEMO_LIMIT_MS, end) : undefined;
  if (!demo) return { state: 'waiting for texts', lines: [] };
  return { state: `running, ${demo.ingested} of ${demo.put} demo texts can be searched`, lines: demo.lines };
}

/** The share's demo at the first start, what its session does at later ones; beside the media demo. */
async function shareReport(
  base: string,
  home: string,
  options: StartOptions,
  config: Config,
  end: AbortSignal,
): Promise<{ readonly state: string; readonly lines: readonly string[] }> {
  if (!config.share || !config.pipelines.has('nfs')) return { state: 'off', lines: [] };
  const { incoming } = config.share.roots;
  const stateFile = path.join(home, 'share-demo.json');
  const ours = incoming.startsWith(`${home}${path.sep}`);
  const demo =
    options.demo && ours && !existsSync(stateFile)
      ? await runShareDemo(base, incoming, path.join(root, 'demo', 'media'), stateFile, DEMO_LIMIT_MS, end)
      : { state: await shareState(base), lines: [] };
  return { state: `${demo.state}; watches ${incoming}`, lines: demo.lines };
}

async function untilReady(base: string, end: AbortSignal): Promise<void> {
  const limit = Date.now() + READY_LIMIT_MS;
  while (!end.aborted && Date.now() < limit) {
    const ok = await fetch(`${base}/readyz`, { signal: AbortSignal.timeout(5_000) }).then(
      (answer) => answer.ok,
      () => false,
    );
    if (ok) return;
    await delay(100, undefined, { signal: end }).catch(() => undefined);
  }
  if (!end.aborted)
    throw new StartRefused([`The host did not become ready within ${READY_LIMIT_MS / 1000} s; its log says why.`], 1);
}

function isDevelopmentStorage(environment: Readonly<Record<string, string>>): boolean {
  return /UseDevelopmentStorage=true/i.test(environment.AzureWebJobsStorage ?? '');
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

async function main(): Promise<void> {
  const parsed = parseStartOptions(process.argv.slice(2));
  if (parsed.kind === 'help') {
    console.log(usage);
    return;
  }
  if (parsed.kind === 'rejected') throw new StartRefused([`${parsed.reason}\n`, usage], 2);
  // Whoever read the output may be gone; that is no reason to end.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stopped.abort());
  await start(parsed.options, stopped.signal);
}

main().catch((error: unknown) => {
  const lines = error instanceof StartRefused ? error.lines : [error instanceof Error ? error.message : String(error)];
  for (const line of lines) console.error(line);
  process.exitCode = error instanceof StartRefused ? error.exitCode : 1;
});
