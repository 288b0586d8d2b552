/**
 * The one wrapper that every HTTP function goes through (C6): it always returns a response, turns problems into
 * `application/problem+json`, logs and traces. With streaming on, a handler that throws is never answered by the real host.
 */
import type { HttpHandler, HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { problem, type Problem } from '../domain/problem';
import { withInvocationLog, type Logger } from '../telemetry/logger';
import { inSpan, SpanKind } from '../telemetry/tracing';

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

export function endpoint({ logger }: EndpointDependencies, name: string, handler: EndpointHandler): HttpHandler {
  return (request, context) =>
    withInvocationLog(context, async () => {
      try {
        const parent = request.headers.get('traceparent') ?? undefined;
        return await inSpan(name, { kind: SpanKind.SERVER, parent }, () => handler(request, context));
      } catch (error) {
        if (error instanceof ProblemError) return problemResponse(error.problem);
        const unavailable = isStorageOutage(error);
        logger.error(`${name} failed`, { function: context.functionName }, error);
        return problemResponse(
          unavailable
            ? problem('STORAGE_UNAVAILABLE', 'Storage does not answer. Nothing was acknowledged; try again in a while.')
            : problem('INTERNAL', 'An unexpected error; the log has it under this invocation id.', {
                invocationId: context.invocationId,
              }),
        );
      }
    });
}

export function problemResponse(p: Problem): HttpResponseInit {
  return {
    status: p.status,
    headers: { 'content-type': 'application/problem+json', ...(p.status === 503 ? { 'retry-after': '5' } : {}) },
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
