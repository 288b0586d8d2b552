/** Spans over the OpenTelemetry API. Without an exporter set up, all of it costs next to nothing. */
import {
  context,
  isSpanContextValid,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Attributes,
  type Context,
  type Link,
  type Span,
} from '@opentelemetry/api';
import { messageOf } from './logger';

const SCOPE = 'sluice';

export interface SpanOptions {
  readonly kind?: SpanKind;
  readonly attributes?: Attributes;
  /** W3C `traceparent` of the span that caused this one; absent: the active one. */
  readonly parent?: string | undefined;
  /** W3C `traceparent`s of spans that belong to it otherwise. */
  readonly links?: readonly string[];
}

export { SpanKind, SpanStatusCode };

/** Runs `work` in a span that ends with it and records what it throws. */
export async function inSpan<T>(name: string, options: SpanOptions, work: (span: Span) => Promise<T>): Promise<T> {
  const parent = options.parent ? contextOf(options.parent) : context.active();
  const span = trace.getTracer(SCOPE).startSpan(
    name,
    {
      kind: options.kind ?? SpanKind.INTERNAL,
      attributes: options.attributes ?? {},
      links: (options.links ?? []).flatMap(linkTo),
    },
    parent,
  );
  try {
    return await context.with(trace.setSpan(parent, span), () => work(span));
  } catch (error) {
    span.recordException(error instanceof Error ? error : String(error));
    span.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(error) });
    throw error;
  } finally {
    span.end();
  }
}

function linkTo(traceparent: string): Link[] {
  const context = trace.getSpanContext(contextOf(traceparent));
  return context ? [{ context }] : [];
}

const TRACEPARENT = /^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** A context whose span is the one that a `traceparent` names; none where it is not one. Read here: a propagator costs more. */
function contextOf(traceparent: string): Context {
  const [, traceId = '', spanId = '', flags = ''] = TRACEPARENT.exec(traceparent) ?? [];
  const found = { traceId, spanId, traceFlags: parseInt(flags, 16) & TraceFlags.SAMPLED, isRemote: true };
  return isSpanContextValid(found) ? trace.setSpanContext(ROOT_CONTEXT, found) : ROOT_CONTEXT;
}

/** `traceparent` (W3C Trace Context) of a span, to hand over with a message; undefined without tracing. */
export function traceparentOf(span: Span | undefined): string | undefined {
  const found = span?.spanContext();
  if (!found || !isSpanContextValid(found)) return undefined;
  return `00-${found.traceId}-${found.spanId}-${found.traceFlags & TraceFlags.SAMPLED ? '01' : '00'}`;
}

/** {@link traceparentOf} the active span. */
export function currentTraceparent(): string | undefined {
  return traceparentOf(trace.getActiveSpan());
}

export function currentTraceId(): string | undefined {
  return trace.getActiveSpan()?.spanContext().traceId;
}

/** Trace id of a `traceparent`, or undefined when it is not one. */
export function traceIdOf(traceparent: string | undefined): string | undefined {
  return TRACEPARENT.exec(traceparent ?? '')?.[1];
}
