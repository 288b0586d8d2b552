/** The demo files' way through the media pipeline, seen from outside: over HTTP, as a user would. */
import { openAsBlob, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface DemoItem {
  readonly file: string;
  readonly id: string;
}

export interface DemoState extends DemoItem {
  /** State of the record, or why there is none. */
  readonly state: string;
}

const SETTLED = new Set(['processed', 'failed', 'superseded', 'vanished']);

/** What an earlier start uploaded, or undefined when there was none. */
export function earlierDemo(stateFile: string): readonly DemoItem[] | undefined {
  try {
    return JSON.parse(readFileSync(stateFile, 'utf8')) as DemoItem[];
  } catch {
    return undefined;
  }
}

/** Uploads every file of a folder and notes their ids. */
export async function uploadDemo(base: string, folder: string, stateFile: string): Promise<readonly DemoItem[]> {
  const items: DemoItem[] = [];
  for (const file of readdirSync(folder).sort()) {
    const form = new FormData();
    form.append('file', await openAsBlob(path.join(folder, file)), file);
    const answer = await fetch(`${base}/upload`, { method: 'POST', body: form });
    const body = (await answer.json()) as { files?: { id: string }[]; detail?: string };
    const id = body.files?.[0]?.id;
    if (!id) throw new Error(`The upload of ${file} was answered ${answer.status}: ${body.detail ?? ''}`);
    items.push({ file, id });
  }
  writeFileSync(stateFile, JSON.stringify(items));
  return items;
}

/** Asks for the states until all are settled or time is up. */
export async function demoStates(
  base: string,
  items: readonly DemoItem[],
  limitMs: number,
  signal: AbortSignal,
): Promise<readonly DemoState[]> {
  const end = Date.now() + limitMs;
  for (;;) {
    const states = await Promise.all(items.map((item) => stateOf(base, item)));
    if (states.every((s) => SETTLED.has(s.state)) || Date.now() > end || signal.aborted) return states;
    await delay(200, undefined, { signal }).catch(() => undefined);
  }
}

async function stateOf(base: string, item: DemoItem): Promise<DemoState> {
  const answer = await fetch(`${base}/v1/media/${item.id}`);
  const { state } = (await answer.json()) as { state?: string };
  return { ...item, state: state ?? `HTTP ${answer.status}` };
}
