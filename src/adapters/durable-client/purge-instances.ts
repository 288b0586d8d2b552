/**
 * Removes the histories of orchestrations that ended, by the host's own address for it
 * (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api#purge-multiple-instance-histories). It goes by
 * the time at which an instance was created and does a whole span of time in one call, so spans are kept short.
 */
import type { InvocationContext } from '@azure/functions';
import type { Retained } from '../../ports/retention';
import { rpcAddress } from './rpc-address';

const HOUR_MS = 60 * 60 * 1000;
/** What the last days left is removed hour by hour; what is older, from a time when no such timer ran, day by day. */
const BY_HOURS = 72;
const BY_DAYS = 60;
const LIMIT_MS = 5 * 60_000;
/** Failed ones, too: what became of their work is in a dead letter. */
const ENDED = 'Completed,Failed,Terminated';

/** Undefined where the host has no such address. */
export function retainedInstances(context: InvocationContext): Retained | undefined {
  const rpc = rpcAddress(context);
  if (rpc === undefined) return undefined;
  return {
    name: 'instances',
    async removeEnded(beforeMs) {
      let removed = 0;
      for (const [from, to] of spans(beforeMs)) removed += await purge(rpc, from, to);
      return { removed };
    },
  };
}

/** Oldest first, without gaps, up to `beforeMs`. */
export function* spans(beforeMs: number): Generator<readonly [number, number]> {
  const hours = beforeMs - BY_HOURS * HOUR_MS;
  const days = hours - BY_DAYS * 24 * HOUR_MS;
  yield [0, days];
  for (let at = days; at < hours; at += 24 * HOUR_MS) yield [at, at + 24 * HOUR_MS];
  for (let at = hours; at < beforeMs; at += HOUR_MS) yield [at, at + HOUR_MS];
}

async function purge(rpc: string, fromMs: number, toMs: number): Promise<number> {
  const url = new URL('instances/', rpc);
  url.searchParams.set('createdTimeFrom', new Date(fromMs).toISOString());
  url.searchParams.set('createdTimeTo', new Date(toMs).toISOString());
  url.searchParams.set('runtimeStatus', ENDED);
  const answer = await fetch(url, { method: 'DELETE', signal: AbortSignal.timeout(LIMIT_MS) });
  // None of that time.
  if (answer.status === 404) return 0;
  if (!answer.ok) throw new Error(`The host answered ${answer.status} when it was asked to remove old instances.`);
  return ((await answer.json()) as { readonly instancesDeleted?: number }).instancesDeleted ?? 0;
}
