import type { ServeConfig, ServedFunction } from '../worker-protocol';
import { bindingData, rpcHttpRequest } from '../triggers/http/http-request';
import { httpTriggerOf } from '../triggers/http/http-options';
import { httpResponse, internalError } from '../triggers/http/http-response';
import { encodePath } from '../triggers/http/request-path';
import type { RouteValues } from '../triggers/http/route-template';
import { answer, answerStatus, authority, contentLength, readBody } from './http-exchange';
import type { HttpExchange } from './http-exchange';
import { HttpInvocation } from './http-invocation';
import type { WorkerServices } from './http-invocation';

const warned = new Set<string>();

/**
 * Runs a function the way the host does without `enableHttpStream`: the whole body is read first, the whole response is
 * written last. A chunked body arrives empty, as on the real host.
 */
export async function runBuffered(
  exchange: HttpExchange,
  served: ServedFunction,
  params: RouteValues,
  config: ServeConfig,
  services: WorkerServices,
): Promise<void> {
  const { req, head } = exchange;
  const length = contentLength(req);
  if (length === undefined) warnOfChunkedBody(served.definition.name, services);
  if (length !== undefined && length > config.maxRequestBodyBytes) {
    services.surprises.tooLarge(served.definition.name, length, config.maxRequestBodyBytes);
    return void answerStatus(exchange, 500);
  }
  let body: Buffer;
  try {
    body = length === undefined || length === 0 ? Buffer.alloc(0) : await readBody(req);
  } catch {
    // The client hung up before it had sent everything: nobody is left to answer.
    exchange.res.destroy();
    return;
  }
  const url = `http://${authority(head, config.port)}${encodePath(head.path, true)}${head.rawQuery}`;
  const outcome = await new HttpInvocation(services).run({
    served,
    head,
    trigger: {
      name: httpTriggerOf(served.definition)?.name ?? 'req',
      data: { http: rpcHttpRequest(head, url, params, body) },
    },
    triggerMetadata: undefined,
    bindingData: () => bindingData(head, params, body),
    timeoutMs: config.functionTimeoutMs,
  });
  answer(exchange, outcome.error ? internalError : httpResponse(outcome.returnValue));
}

function warnOfChunkedBody(functionName: string, { log }: WorkerServices): void {
  if (warned.has(functionName)) return;
  warned.add(functionName);
  log.write({
    level: 'warning',
    category: 'system',
    functionName,
    message: `'${functionName}' was sent a chunked request body, which the Functions host hands over empty. Call app.setup({ enableHttpStream: true }) in the app, or send a Content-Length.`,
  });
}
