/**
 * The one wrapper that every HTTP function goes through (C6): it always returns a response, turns problems into
 * `application/problem+json`, logs and traces. With streaming on, a handler that throws is never answered by the real host.
 */
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { problem, type Problem } from '../domain/problem';
import { withInvocationLog, type Logger } from '../telemetry/logger';
import { attributes } from '../telemetry/names';
import { inSpan, SpanKind, SpanStatusCode } from '../telemetry/tracing';

export interface EndpointDependencies {
  readonly logger: Logger;
}

export type EndpointHandler = (request: HttpRequest, context: InvocationContext) => Promise<HttpResponseInit>;

/** Throw it anywhere below an endpoint to answer with that problem. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
}

/** `name`: method and route, such as `GET /v1/media/{id}`; its span has both, and the answer's status (HTTP conventions). */
export function endpoint({ logger }: EndpointDependencies, name: string, handler: EndpointHandler): HttpHandler {
  const [method = '', route = ''] = name.split(' ');
  const told = { [attributes.httpMethod]: method, [attributes.httpRoute]: route };
  return (request, context) =>
    withInvocationLog(context, () => {
      const parent = request.headers.get('traceparent') ?? undefined;
      return inSpan(name, { kind: SpanKind.SERVER, parent, attributes: told }, async (span) => {
        const response = await answer(request, context).catch((error: unknown) => {
          if (error instanceof ProblemError) return problemResponse(error.problem);
          span.recordException(error instanceof Error ? error : String(error));
          logger.error(`${name} failed`, { function: context.functionName }, error);
          return failure(error, context.invocationId);
        });
        const { status = 200 } = response;
        span.setAttribute(attributes.httpStatus, status);
        if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
        return response;
      });
    });

  /** What a handler throws before its first await, too. */
  async function answer(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
    return await handler(request, context);
  }
}

function failure(error: unknown, invocationId: string): HttpResponseInit {
  return problemResponse(
    isStorageOutage(error)
      ? problem('STORAGE_UNAVAILABLE', 'Storage does not answer. Nothing was acknowledged; try again in a while.')
      : problem('INTERNAL', 'An unexpected error; the log has it under this invocation id.', { invocationId }),
  );
}

/** `retryAfterS`: with a 503, when to ask again. */
export function problemResponse(p: Problem, retryAfterS = 5): HttpResponseInit {
  const retry = p.status === 503 ? { 'retry-after': String(retryAfterS) } : {};
  return {
    status: p.status,
    headers: { 'content-type': 'application/problem+json', ...retry },
    body: JSON.stringify(p),
  };
}

/** The storage SDKs mark what got no answer by `REQUEST_SEND_ERROR` and answers of the service's side by 5xx. */
function isStorageOutage(error: unknown): boolean {
  const e = error as { code?: unknown; statusCode?: unknown; name?: unknown } | undefined;
  const answered = typeof e?.statusCode === 'number' ? e.statusCode : undefined;
  const unanswered =
    e?.name === 'RestError' &&
    (e.code === 'REQUEST_SEND_ERROR' || e.code === 'ECONNREFUSED' || e.code === 'ECONNRESET');
  return unanswered || (answered !== undefined && answered >= 500);
}
