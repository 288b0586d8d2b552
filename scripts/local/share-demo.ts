/** The share that `npm start` makes, and its demo: files that arrive, and one that waits until its writer is done. */
import { appendFileSync, copyFileSync, existsSync, mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface ShareDemo {
  readonly session: string;
  readonly state: string;
  readonly lines: readonly string[];
}

const DEFAULT_INCOMING = '/mnt/nfs/incoming';

/**
 * Settings for a share under the state directory and the embedded storage, made only where the pipeline is not set up and may
 * run; a folder of one's own stays.
 */
export function localShareSettings(
  environment: Readonly<Record<string, string>>,
  home: string,
  blobPort: number,
): Readonly<Record<string, string>> {
  const listed = (environment.PIPELINES ?? '').split(',').map((name) => name.trim());
  const wanted = listed.includes('nfs') || listed.join('') === '';
  const ours = ['APP_AZURE_ACCOUNT_URL', 'APP_AZURE_CONTAINER', 'APP_AZURE_CONNECTION_STRING'];
  if (!wanted || ours.some((name) => environment[name])) return {};
  const incoming = environment.APP_NFS_INCOMING_DIR ?? DEFAULT_INCOMING;
  const root = path.join(home, 'share');
  return {
    APP_AZURE_ACCOUNT_URL: `http://127.0.0.1:${blobPort}/devstoreaccount1`,
    APP_AZURE_CONTAINER: 'ingest',
    APP_AZURE_CONNECTION_STRING: 'UseDevelopmentStorage=true',
    ...(incoming === DEFAULT_INCOMING
      ? {
          APP_NFS_INCOMING_DIR: path.join(root, 'incoming'),
          APP_NFS_PROCESSING_ROOT: path.join(root, '.processing'),
          APP_LOCAL_STAGING_ROOT: path.join(home, 'staging'),
        }
      : {}),
  };
}

/** Makes the incoming folder of a share that is ours to make. */
export function makeLocalShare(settings: Readonly<Record<string, string>>): void {
  if (settings.APP_NFS_INCOMING_DIR) mkdirSync(settings.APP_NFS_INCOMING_DIR, { recursive: true });
}

/** Starts a session, drops files, and watches them arrive; the last one is written while the others go. */
export async function runShareDemo(
  base: string,
  incoming: string,
  folder: string,
  stateFile: string,
  limitMs: number,
  signal: AbortSignal,
): Promise<ShareDemo> {
  const end = Date.now() + limitMs;
  const before = await status(base);
  const started = (await ask(base, '/v1/watch/start', { session_name: 'demo' })) as {
    date_prefix: string;
    encoded_session: string;
  };
  const prefix = `${started.date_prefix}/${started.encoded_session}`;
  const names = readdirSync(folder).sort();
  const hourAgo = Date.now() / 1000 - 3600;
  for (const name of names) {
    copyFileSync(path.join(folder, name), path.join(incoming, name));
    utimesSync(path.join(incoming, name), hourAgo, hourAgo);
  }
  const growing = path.join(incoming, 'still-being-written.log');
  writeFileSync(growing, 'line 0\n');
  const lines: string[] = [];
  const arrived = async (count: number): Promise<boolean> => {
    for (let line = 1; !signal.aborted && Date.now() < end; line++) {
      if ((await status(base)).processed_ok - before.processed_ok >= count) return true;
      if (count === names.length) appendFileSync(growing, `line ${line}\n`);
      await delay(200, undefined, { signal }).catch(() => undefined);
    }
    return false;
  };
  if (await arrived(names.length)) {
    lines.push(...names.map((name) => `${name.padEnd(24)} arrived    ingest/${prefix}/${name}`));
    lines.push(
      `${path.basename(growing).padEnd(24)} ${existsSync(growing) ? 'left alone, its writer goes on' : 'taken'}`,
    );
    if (await arrived(names.length + 1))
      lines.push(`${path.basename(growing).padEnd(24)} arrived    ingest/${prefix}/${path.basename(growing)}`);
  }
  const { processed_ok: ok } = await status(base);
  const done = ok - before.processed_ok;
  writeFileSync(stateFile, JSON.stringify({ session: 'demo', files: done }));
  return { session: 'demo', state: `running, ${done} of ${names.length + 1} demo files arrived`, lines };
}

/** What an earlier start's session is doing. */
export async function shareState(base: string): Promise<string> {
  const { enabled, active_session: session, processed_ok: ok } = await status(base);
  return enabled ? `session ${session ?? ''}, ${ok} files arrived` : `no session, ${ok} files arrived`;
}

async function status(
  base: string,
): Promise<{ enabled: boolean; active_session: string | null; processed_ok: number }> {
  return (await (await fetch(`${base}/v1/status`)).json()) as {
    enabled: boolean;
    active_session: string | null;
    processed_ok: number;
  };
}

async function ask(base: string, route: string, body: unknown): Promise<unknown> {
  const answer = await fetch(`${base}${route}`, { method: 'POST', body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`POST ${route} was answered ${answer.status}: ${await answer.text()}`);
  return answer.json();
}
