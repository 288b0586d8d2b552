/** Azure Resource Manager, as far as the step after a deployment talks to it: keys of an app, and subscriptions of Event Grid. */
import { once } from 'node:events';
import http from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface ResourceManagerServer {
  readonly url: string;
  /** Method and path of each request, with its body and what it was signed with. */
  readonly requests: { method: string; path: string; version: string | null; authorization: string; body: unknown }[];
  /** The subscription as it stands. */
  readonly standing: { body: unknown };
  behave(behaviour: Behaviour): void;
  stop(): Promise<void>;
}

export interface Behaviour {
  /** Answers without the key before one that has it; Infinity for never. */
  readonly keyless?: number;
  /** Why the next subscriptions are not made, one each: at once, or (`later`) once it was begun. */
  readonly refusals?: readonly (Refusal & { readonly later?: boolean })[];
  /** Answers to the next requests of any kind, instead of what they asked for. */
  readonly troubles?: readonly Refusal[];
  /** Looks that find the subscription still being made. */
  readonly slow?: number;
  /** Where a thing that takes longer is to be looked at, where that is not this server. */
  readonly elsewhere?: string;
}

export const KEY = 'k/e+y==';

export async function startResourceManager(): Promise<ResourceManagerServer> {
  const requests: ResourceManagerServer['requests'] = [];
  const standing: { body: unknown } = { body: undefined };
  let behaviour: Behaviour = {};
  let [keyless, slow] = [0, 0];
  let refusals: (Refusal & { readonly later?: boolean })[] = [];
  let troubles: Refusal[] = [];
  let failing: Refusal | undefined;
  let url = '';
  const server = http.createServer((request, response) => {
    void answer(request, response);
  });

  async function answer(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const { pathname, searchParams } = new URL(request.url ?? '/', url);
    const { method = '' } = request;
    const body: unknown = text === '' ? undefined : JSON.parse(text);
    const [version, authorization] = [searchParams.get('api-version'), request.headers.authorization ?? ''];
    requests.push({ method, path: pathname, version, authorization, body });
    const say = (status: number, content?: unknown, headers: Record<string, string> = {}): void => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(content === undefined ? '' : JSON.stringify(content));
    };
    const refuse = ({ status, code, message }: Refusal): void => say(status, { error: { code, message } });
    const trouble = troubles.shift();
    if (trouble) return void refuse(trouble);
    if (pathname === '/operations/1') {
      if (slow > 0) return void say(200, { status: (slow--, 'InProgress') }, { 'retry-after': '7' });
      if (failing) return void say(200, { status: 'Failed', error: { code: failing.code, message: failing.message } });
      return void say(200, { status: 'Succeeded' });
    }
    if (method === 'POST') {
      const systemKeys = keyless > 0 ? {} : { blobs_extension: KEY };
      keyless--;
      return void say(200, { masterKey: 'm', functionKeys: {}, systemKeys });
    }
    if (method === 'DELETE') {
      if (standing.body === undefined)
        return void say(404, { error: { code: 'ResourceNotFound', message: 'not found' } });
      standing.body = undefined;
      return void say(200);
    }
    if (method === 'PUT') {
      const refusal = refusals.shift();
      if (refusal && !refusal.later) return void refuse(refusal);
      failing = refusal;
      slow = behaviour.slow ?? 0;
      if (!refusal) standing.body = body;
      const operation = `${behaviour.elsewhere ?? url}/operations/1?api-version=1`;
      return void say(201, { properties: { provisioningState: 'Creating' } }, { 'azure-asyncoperation': operation });
    }
    say(200, { properties: { provisioningState: 'Succeeded' } });
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    requests,
    standing,
    behave(next) {
      behaviour = next;
      keyless = next.keyless ?? 0;
      refusals = [...(next.refusals ?? [])];
      troubles = [...(next.troubles ?? [])];
      requests.length = 0;
    },
    async stop() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
