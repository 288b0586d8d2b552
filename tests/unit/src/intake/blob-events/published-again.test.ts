/** A version that is published again, as a collector sees it: a trace of its own, linked to that of the first message (B4). */
import { InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { createScanIncoming } from '../../../../../src/intake/blob-events/scan-incoming';
import { memoryBlobEventLedger, memoryBroker, memoryListing } from '../../../../fakes/memory-blob-events';
import { memoryItems } from '../../../../fakes/memory-items';
import { silentLogger } from '../../../../fakes/memory-stores';
import { TestClock } from '../../../../fakes/test-clock';

const collected = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(collected)] });
provider.register();
afterAll(() => provider.shutdown());

it('is linked to the trace of the message before, each time', async () => {
  const blobs = new Map([['stuck', '0x1']]);
  const [broker, clock] = [memoryBroker(), new TestClock()];
  const scan = createScanIncoming(
    {
      ...{ listing: memoryListing(blobs), ledger: memoryBlobEventLedger(), broker, items: memoryItems(), clock },
      logger: silentLogger,
    },
    { account: 'account', republishMs: 60_000 },
  );
  for (let time = 0; time < 3; time++) {
    await scan();
    clock.advance(60_000);
  }
  const sent = collected.getFinishedSpans().filter(({ name }) => name === 'send blob-events');
  const traces = sent.map((span) => span.spanContext().traceId);
  expect(new Set(traces).size).toBe(3);
  expect(sent.map(({ links }) => links.map(({ context }) => context.traceId))).toEqual([[], [traces[0]], [traces[1]]]);
  // The message goes on in the trace that its span is of.
  expect(broker.events.map(({ headers }) => headers['trace_id'])).toEqual(traces);
});
