/**
 * Blob events through each broker: from a blob in `incoming` to its verified copy in `processed`, messages of strangers, a move
 * that fails and is replayed, and one trace over all of it (B1 to B3).
 */
import { blobEventOf, versionId } from '../../../src/domain/blob-events/blob-event';
import type { DeadLetter } from '../../../src/domain/dead-letter';
import { startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { brokers, type BrokerUnderTest } from '../../drivers/blob-event-brokers';
import { movedBlob, namesIn, putIncoming, scanNow } from '../../drivers/blob-events-under-test';
import { freePorts } from '../../drivers/free-ports';
import { startOtlpSink, type OtlpSink } from '../../drivers/otlp-sink';

describe.each(Object.keys(brokers))('blob events through %s', (name) => {
  let broker: BrokerUnderTest;
  let sink: OtlpSink;
  let app: AppUnderTest;
  let metricsPort = 0;
  beforeAll(async () => {
    broker = await brokers[name]!();
    sink = await startOtlpSink();
    // The scan runs when it is told to.
    [metricsPort = 0] = await freePorts(1);
    const base = { PIPELINES: 'blob-events', BLOB_EVENTS_SCHEDULE: '0 0 0 1 1 *', METRICS_PORT: String(metricsPort) };
    app = await startApp({ ...base, OTEL_EXPORTER_OTLP_ENDPOINT: sink.url, ...broker.settings });
  }, 150_000);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= app.stop());
  afterAll(async () => {
    await stop();
    await sink.stop();
    await broker.stop();
  }, 60_000);

  const clients = () => app.storage.clients;
  const account = () => app.storage.config.storage.account;
  const letters = async (): Promise<DeadLetter[]> => {
    const answer = await fetch(`${app.url}/v1/dead-letters?pipeline=blob-events&state=open`);
    return ((await answer.json()) as { items: DeadLetter[] }).items;
  };

  /** Messages in a queue of blob events, by the metric. */
  const depth = async (queue: 'events' | 'error'): Promise<number> => {
    const text = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
    const line = new RegExp(`^sluice_blob_events_queue_length\\{[^}]*"blob[.-]${queue}"[^}]*\\} (\\d+)`, 'm').exec(
      text,
    );
    return line ? Number(line[1]) : -1;
  };

  it('moves blobs, with their bytes, their metadata and where they were', async () => {
    const names = ['plain.txt', '2024/07/15/invoice.pdf', 'ümläut/日本 & co+%.txt', 'empty'];
    const etags = new Map<string, string>();
    for (const blob of names)
      etags.set(blob, await putIncoming(clients(), blob, blob === 'empty' ? '' : `bytes of ${blob}`, { by: 'tester' }));
    await scanNow(app.url);
    for (const blob of names) {
      const moved = await app.until(async () => movedBlob(clients(), account(), blob, etags.get(blob)!));
      expect(moved.text).toBe(blob === 'empty' ? '' : `bytes of ${blob}`);
      const origin = encodeURIComponent(blob).replaceAll('%2F', '/');
      expect(moved.metadata).toMatchObject({ by: 'tester', sluice_source: origin });
    }
    await app.until(async () => (await namesIn(clients(), 'incoming')).length === 0);
    // A probe that came late on a busy machine counts for ten seconds.
    const ready = async (): Promise<boolean> => (await fetch(`${app.url}/readyz?pipeline=blob-events`)).ok;
    while (!(await ready()));
  }, 60_000);

  it('makes dead letters of what strangers send, and moves on', async () => {
    const real = blobEventOf(versionId(account(), 'incoming', 'none.txt', '0x1'), 'none.txt', 0);
    const hostile: readonly [Buffer | string, string][] = [
      ['{"container":', 'MESSAGE_UNPARSABLE'],
      [Buffer.from([0xff, 0xfe, 0x00, 0x01]), 'MESSAGE_UNPARSABLE'],
      ['{}', 'BLOB_EVENT_INVALID'],
      // Fields that the host copies over the metadata of the trigger.
      ['{"basicProperties":{"headers":7},"id":{"a":1},"dequeueCount":"x"}', 'BLOB_EVENT_INVALID'],
      [JSON.stringify({ ...real, container: 'rawfiles' }), 'BLOB_CONTAINER_REFUSED'],
      [JSON.stringify({ ...real, dest: 'processed/../incoming/x' }), 'BLOB_DESTINATION_REFUSED'],
      [JSON.stringify(real), 'BLOB_UNKNOWN'],
      [
        JSON.stringify({ ...real, padding: 'x'.repeat(broker.longest) }).slice(0, broker.longest),
        broker.longest > 65_536 ? 'MESSAGE_TOO_LARGE' : 'MESSAGE_UNPARSABLE',
      ],
    ];
    for (const [content] of hostile) await broker.send(app.storage, Buffer.from(content));
    const etag = await putIncoming(clients(), 'after.txt', 'after');
    await scanNow(app.url);
    await app.until(async () => movedBlob(clients(), account(), 'after.txt', etag));
    const found = await app.until(async () => {
      const all = await letters();
      return all.length >= hostile.length && all;
    });
    expect(found.map(({ code }) => code).sort()).toEqual(hostile.map(([, code]) => code).sort());
    // How many wait in the error queue is what an alert goes by.
    await app.until(async () => (await depth('error')) === hostile.length);
    const copies: Record<string, unknown>[] = [];
    await app.until(async () => copies.push(...(await broker.takeErrors(app.storage))) >= hostile.length);
    expect(new Set(copies.map((copy) => copy['dead_letter_id']))).toEqual(new Set(found.map(({ id }) => id)));
    await app.until(async () => (await depth('error')) === 0 && (await depth('events')) === 0);
    const kept = found.find(({ code }) => code === 'BLOB_EVENT_INVALID');
    expect(await (await fetch(`${app.url}/v1/dead-letters/${kept!.id}`)).json()).toMatchObject({
      message: expect.stringContaining('{'),
    });
  }, 60_000);

  it('gives a move up after its retries, moves it when it is replayed, and all of that is one trace', async () => {
    const known = new Set((await letters()).map(({ id }) => id));
    const etag = await putIncoming(clients(), 'held/back.txt', 'held');
    const lease = clients().blobs().getContainerClient('incoming').getBlobClient('held/back.txt').getBlobLeaseClient();
    await lease.acquireLease(-1);
    await scanNow(app.url);
    const letter = await app.until(async () => (await letters()).find(({ id }) => !known.has(id)));
    expect(letter).toMatchObject({ code: 'MOVE_FAILED', attempts: 4, keys: { blob: 'incoming/held/back.txt' } });
    expect(letter.error).toMatch(/lease/);
    const [copy] = await app.until(async () => {
      const copies = await broker.takeErrors(app.storage);
      return copies.length > 0 && copies;
    });
    expect(copy).toMatchObject({ blob: 'back.txt', path: 'held/', dead_letter_id: letter.id });
    expect(copy!['error']).toMatch(/lease/);
    expect(copy!['stacktrace']).not.toBe('');

    await lease.breakLease(0);
    const replayed = await fetch(`${app.url}/v1/dead-letters/${letter.id}/replay`, { method: 'POST' });
    expect(await replayed.json()).toMatchObject({ outcome: 'replayed' });
    await app.until(async () => (await namesIn(clients(), 'incoming')).length === 0);
    expect(await movedBlob(clients(), account(), 'held/back.txt', etag)).toMatchObject({ text: 'held' });
    await app.line(/"Blob event settled".*held\/back.txt.*"moved"/);
    // Ending the app sends what its exporters still hold.
    await stop();

    const traceId = letter.traceId!;
    const named = (wanted: string) => sink.spans.filter((span) => span.traceId === traceId && span.name === wanted);
    expect(named('blob-events scan')).toHaveLength(1);
    const [publish] = named('send blob-events');
    expect(publish?.parentSpanId).toBe(named('blob-events scan')[0]!.spanId);
    // First in vain, then by the replay: both are children of the one publication.
    expect(named('process blob-events')).toHaveLength(2);
    for (const processed of named('process blob-events')) expect(processed.parentSpanId).toBe(publish!.spanId);
    expect(named('activity move-blob')).toHaveLength(5);
    expect(named('activity bury-blob-event')).toHaveLength(1);
    // In a trace of its own, which leads to that one.
    const replay = sink.spans.find((span) => span.name === 'send blob-events' && span.links?.[0]?.traceId === traceId);
    for (const sent of [publish, replay]) {
      const told = Object.fromEntries(sent!.attributes.map(({ key, value }) => [key, value]));
      expect([sent!.kind, told]).toMatchObject([
        4,
        {
          'messaging.system': { stringValue: name === 'RabbitMQ' ? 'rabbitmq' : 'azure_storage_queue' },
          'messaging.operation.name': { stringValue: 'send' },
          'messaging.operation.type': { stringValue: 'send' },
        },
      ]);
    }
  }, 90_000);
});
