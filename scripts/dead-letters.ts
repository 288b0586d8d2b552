/** `npm run dead-letters -- list|show|replay|discard …`: what `/v1/dead-letters` offers, in the terminal (C8). */
import { performance } from 'node:perf_hooks';
import { setTimeout as delay } from 'node:timers/promises';
import { isByCodeOnly, type DeadLetter, type DeadLetterWithBody } from '../src/domain/dead-letter';
import { messageOf } from '../src/telemetry/logger';
import { closeLetters, idsOf, type Closing, type LetterApp, type ListedLetter } from './dead-letters/close-letters';
import { parseDeadLetterOrder, usage, type Order } from './dead-letters/dead-letter-options';
import { listed, shown } from './dead-letters/dead-letter-text';
import { askApp } from './local/ask-app';

const ROUTE = '/v1/dead-letters';

const { stdout } = process;

function say(text: string): void {
  stdout.write(`${stdout.isTTY ? '\r\u001b[K' : ''}${text}\n`);
}

async function list({ app, filter, limit, json }: Extract<Order, { kind: 'list' }>): Promise<number> {
  let left = limit;
  let continuation: string | undefined;
  do {
    const query = new URLSearchParams({ ...filter, limit: String(Math.min(left, 1000)) });
    if (continuation !== undefined) query.set('continuation', continuation);
    const page = await askApp<{ items: DeadLetter[]; continuation?: string }>(
      app,
      'GET',
      `${ROUTE}?${query.toString()}`,
    );
    for (const letter of page.items) say(json ? JSON.stringify(letter) : `${listed(letter)}\n`);
    left -= page.items.length;
    continuation = page.continuation;
  } while (continuation !== undefined && left > 0);
  if (json) return 0;
  if (left === limit) say('There is none.');
  else if (continuation !== undefined) say(`There are more; --limit takes another number than ${limit}.`);
  return 0;
}

async function show({ app, ids, json }: Extract<Order, { kind: 'show' }>): Promise<number> {
  let code = 0;
  for (const id of ids) {
    try {
      const letter = await askApp<DeadLetterWithBody>(app, 'GET', `${ROUTE}/${encodeURIComponent(id)}`);
      say(json ? JSON.stringify(letter) : `${shown(letter)}\n`);
    } catch (error) {
      console.error(`${id}: ${messageOf(error)}`);
      code = 1;
    }
  }
  return code;
}

async function close(order: Extract<Order, { kind: 'replay' | 'discard' }>): Promise<number> {
  const { app, kind, letters, dryRun, rate, json } = order;
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const verb = `${dryRun ? 'would be ' : ''}${kind === 'replay' ? 'replayed' : 'discarded'}`;
  const letterApp: LetterApp = {
    list: (query) => askApp(app, 'GET', `${ROUTE}?${query}`),
    async close(id) {
      const route = `${ROUTE}/${encodeURIComponent(id)}/${kind}${dryRun ? '?dryRun=true' : ''}`;
      const answer = await askApp<{ queue?: string }>(app, 'POST', route);
      if (json) say(JSON.stringify(answer));
      else if (dryRun || 'ids' in letters) say(`${id}  ${verb}${answer.queue ? ` by the queue ${answer.queue}` : ''}`);
    },
  };
  const summary = ({ done, failed }: Closing): string =>
    `${done} ${verb}${failed > 0 ? `, ${failed} could not be` : ''}`;
  let left = 0;
  const leave = ({ code }: ListedLetter): boolean => {
    const leaves = kind === 'replay' && 'filter' in letters && isByCodeOnly(code) && letters.filter.code !== code;
    if (leaves) left += 1;
    return leaves;
  };
  const closing = await closeLetters(letterApp, idsOf(letterApp, letters, leave), {
    ...{ rate, signal: stopped.signal, now: () => performance.now() },
    // Whoever ends it does not wait for the pace.
    sleep: (ms) => delay(ms, undefined, { signal: stopped.signal }).catch(() => undefined),
    failed: (id, error) => console.error(`${stdout.isTTY ? '\r\u001b[K' : ''}${id}: ${messageOf(error)}`),
    progress: (sofar) => stdout.isTTY && !json && stdout.write(`\r\u001b[K${summary(sofar)} …`),
  });
  if (!json) say(`${summary(closing)}.${stopped.signal.aborted ? ' Stopped; the rest is as it was.' : ''}`);
  if (left > 0)
    console.error(`${left} in quarantine left alone: their ids, or --code CONTENT_QUARANTINED, let them out.`);
  if (stopped.signal.aborted) return 130;
  return closing.failed > 0 ? 1 : 0;
}

async function main(): Promise<number> {
  const parsed = parseDeadLetterOrder(process.argv.slice(2), process.env, Date.now());
  if (parsed.kind !== 'order') {
    if (parsed.kind === 'help') console.log(usage);
    else console.error(`${parsed.reason}\nAll options: npm run dead-letters -- --help`);
    return parsed.kind === 'help' ? 0 : 2;
  }
  const { order } = parsed;
  if (order.kind === 'list') return list(order);
  return order.kind === 'show' ? show(order) : close(order);
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
