import { trace, type Span } from '@opentelemetry/api';
import { inSpan, traceIdOf, traceparentOf } from '../../../../src/telemetry/tracing';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const passedOn = (parent: string): Promise<string | undefined> =>
  inSpan('test', { parent }, (span) => Promise.resolve(traceparentOf(span)));

it('hands on the trace that it was given, with its decision to sample, without an exporter too', async () => {
  expect(await passedOn(`00-${TRACE}-${SPAN}-01`)).toBe(`00-${TRACE}-${SPAN}-01`);
  expect(await passedOn(`00-${TRACE}-${SPAN}-00`)).toBe(`00-${TRACE}-${SPAN}-00`);
  // Other flags are none of version 00.
  expect(await passedOn(`00-${TRACE}-${SPAN}-03`)).toBe(`00-${TRACE}-${SPAN}-01`);
});

it.each([
  ['no traceparent', 'nonsense'],
  ['an invalid version', `ff-${TRACE}-${SPAN}-01`],
  ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
  ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
  ['capitals', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
])('goes on with nothing from %s', async (_name, given) => {
  expect(await passedOn(given)).toBeUndefined();
});

it('reads the trace of a traceparent', () => {
  expect(traceIdOf(`00-${TRACE}-${SPAN}-01`)).toBe(TRACE);
  expect(traceIdOf('nonsense')).toBeUndefined();
  expect(traceIdOf(undefined)).toBeUndefined();
});

it('says nothing of no span', () => {
  expect(traceparentOf(undefined)).toBeUndefined();
  expect(
    traceparentOf(trace.wrapSpanContext({ traceId: '', spanId: '', traceFlags: 0 }) satisfies Span),
  ).toBeUndefined();
});
