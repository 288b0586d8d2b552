import http from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ServeConfig, ServedFunction } from '../worker-protocol';
import { httpTriggerOf } from '../triggers/http/http-options';
import { bindingData } from '../triggers/http/http-request';
import { httpResponse } from '../triggers/http/http-response';
import { encodePath } from '../triggers/http/request-path';
import type { RouteValues } from '../triggers/http/route-template';
import { answer, answerStatus, authority, contentLength, readBody } from './http-exchange';
import type { HttpExchange } from './http-exchange';
import { HttpInvocation } from './http-invocation';
import type { WorkerServices } from './http-invocation';
import type { StreamTarget } from './stream-target';

/** A JSON body up to this size is read before the handler runs, because its fields become `request.params`. */
const LARGEST_PEEKED_JSON = 1024 * 1024;

const INVOCATION_ID = 'x-ms-invocation-id';

/**
 * Runs a function of an app with `enableHttpStream`: the library gets our own request and response, so bodies flow between
 * the client's socket and the handler with backpressure both ways.
 */
export async function runStreamed(
  exchange: HttpExchange,
  served: ServedFunction,
  params: RouteValues,
  config: ServeConfig,
  services: WorkerServices,
  target: StreamTarget,
): Promise<void> {
  const { req, res, head } = exchange;
  const length = contentLength(req);
  if (length !== undefined && length > config.maxRequestBodyBytes) {
    services.surprises.tooLarge(served.definition.name, length, config.maxRequestBodyBytes);
    return void answerStatus(exchange, 500);
  }
  if (length === undefined)
    limitBody(req, res, config.maxRequestBodyBytes, () =>
      services.surprises.tooLarge(served.definition.name, undefined, config.maxRequestBodyBytes),
    );

  let peeked: Buffer | undefined;
  if (
    length !== undefined &&
    length > 0 &&
    length <= LARGEST_PEEKED_JSON &&
    /\bjson\b/i.test(head.headers['content-type'] ?? '')
  ) {
    try {
      peeked = await readBody(req);
    } catch {
      res.destroy();
      return;
    }
  }
  const data = bindingData(head, params, peeked);
  const invocation = new HttpInvocation(services);
  const forwarded = peeked ? replay(req, peeked) : req;
  forwarded.url = encodePath(head.path, false) + head.rawQuery;
  forwarded.headers[INVOCATION_ID] = invocation.id;
  forwarded.headers['x-forwarded-host'] = authority(head, config.port);
  forwarded.headers['x-forwarded-proto'] = 'http';
  hideInvocationId(res);
  endWithClient(res);
  target.forward(forwarded, res);

  const query = Object.fromEntries([...head.query].map(([name, values]) => [name, values.at(-1) ?? '']));
  const outcome = await invocation.run({
    served,
    head,
    trigger: { name: httpTriggerOf(served.definition)?.name ?? 'req', data: { http: {} } },
    triggerMetadata: {
      ...data,
      Headers: { json: JSON.stringify(head.headers) },
      Query: { json: JSON.stringify(query) },
    },
    bindingData: () => data,
    timeoutMs: config.functionTimeoutMs,
  });
  if (!outcome.error && res.headersSent) return;
  // The library never answered this one and would keep it for ever.
  if (!res.headersSent) target.forget(invocation.id);
  if (outcome.error) return void fail(exchange);
  if (
    outcome.returnValue ||
    !served.definition.bindings.some((b) => b.name === '$return' && b.type.toLowerCase() === 'http')
  )
    return void answer(exchange, httpResponse(outcome.returnValue));
  services.log.write({
    level: 'warning',
    category: 'system',
    functionName: served.definition.name,
    invocationId: invocation.id,
    message: `'${served.definition.name}' returned nothing. With enableHttpStream the Functions host never answers such a request; the local host answers 500. Return a response, for example { status: 204 }.`,
  });
  answerStatus(exchange, 500);
}

/** Empty 500 when nothing was sent yet; else the connection ends, so that the client sees that the body is not whole. */
function fail(exchange: HttpExchange): void {
  const { res } = exchange;
  if (!res.headersSent) {
    for (const name of res.getHeaderNames()) res.removeHeader(name);
    answerStatus(exchange, 500);
  } else if (!res.writableEnded) res.destroy();
}

/** The same request again, with its body in memory. */
function replay(req: IncomingMessage, body: Buffer): IncomingMessage {
  const copy = new http.IncomingMessage(req.socket);
  copy.method = req.method;
  copy.headers = { ...req.headers };
  copy.rawHeaders = req.rawHeaders;
  copy.httpVersion = req.httpVersion;
  copy.complete = true;
  copy.push(body);
  copy.push(null);
  return copy;
}

/** The library sends its invocation id back as a header; clients of the real host never see it. */
function hideInvocationId(res: ServerResponse): void {
  const setHeader = res.setHeader.bind(res);
  res.setHeader = (name, value) => (name.toLowerCase() === INVOCATION_ID ? res : setHeader(name, value));
}

/** The library writes on to a client that is gone; here the body it reads from ends instead, and with it the invocation. */
function endWithClient(res: ServerResponse): void {
  const write = res.write.bind(res) as (...args: unknown[]) => boolean;
  res.write = (...args: unknown[]) => {
    if (res.destroyed) throw new Error('The client hung up before the whole response was sent.');
    return write(...args);
  };
}

/** A chunked body past the limit ends in 500; the handler sees its stream fail. */
function limitBody(req: IncomingMessage, res: ServerResponse, limit: number, onExceeded: () => void): void {
  const push = req.push.bind(req);
  let received = 0;
  let exceeded = false;
  req.push = (chunk: unknown, encoding?: BufferEncoding) => {
    if (exceeded) return false;
    received += chunk instanceof Uint8Array ? chunk.length : 0;
    if (received <= limit) return push(chunk, encoding);
    exceeded = true;
    onExceeded();
    const end = (): void => void req.destroy(new Error('Request body too large.'));
    if (res.headersSent) end();
    else res.writeHead(500, { 'content-length': 0, connection: 'close' }).end(() => setImmediate(end));
    return false;
  };
}
