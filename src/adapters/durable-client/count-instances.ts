/**
 * Counts instances by the beginning of their ids. The library's client asks for all of them with their inputs; the address behind
 * it takes a prefix and leaves inputs out
 * (https://learn.microsoft.com/azure/azure-functions/durable/durable-functions-http-api#get-all-instances-status).
 */
import type { InvocationContext } from '@azure/functions';
import type { CountUnderWay } from '../../ports/orchestrations';
import { rpcAddress } from './rpc-address';

const PAGE = 1_000;
const LIMIT_MS = 10_000;
const TOKEN = 'x-ms-continuation-token';

/** Undefined where the host has no such address. */
export function createCountUnderWay(context: InvocationContext): CountUnderWay | undefined {
  const rpc = rpcAddress(context);
  return rpc === undefined ? undefined : (idPrefix, most) => countInstances(rpc, idPrefix, most);
}

async function countInstances(rpc: string, idPrefix: string, most: number): Promise<number> {
  const url = new URL('instances/', rpc);
  const query = { instanceIdPrefix: idPrefix, runtimeStatus: 'Running,Pending,Suspended', showInput: 'false' };
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  url.searchParams.set('top', String(Math.min(PAGE, most)));
  let count = 0;
  for (let token: string | null = null; ;) {
    const answer = await fetch(url, {
      headers: token === null ? {} : { [TOKEN]: token },
      signal: AbortSignal.timeout(LIMIT_MS),
    });
    if (!answer.ok) throw new Error(`The host answered ${answer.status} when it was asked for instances.`);
    count += ((await answer.json()) as readonly unknown[]).length;
    token = answer.headers.get(TOKEN);
    if (token === null || token === '' || count >= most) return Math.min(count, most);
  }
}
