import { eventHubsBinding } from '../../../../local-host/bindings/event-hubs';
import type { Listener } from '../../../../local-host/plugin';
import type { RpcData } from '../../../../local-host/rpc-data';
import type { HostJson } from '../../../../local-host/settings/host-settings';
import { eventHubsTrigger } from '../../../../local-host/triggers/event-hubs';
import { startEventHubs, type EventHubsServer } from '../../../drivers/event-hubs-server';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import {
  definition,
  eventually,
  listenerHost,
  type ListenerHost,
  type ListenerHostOptions,
} from '../storage/listener-host';

let storage: AzuriteUnderTest;
let server: EventHubsServer;
const listeners: Listener[] = [];
let hosts: ListenerHost[] = [];

beforeAll(async () => {
  storage = await azuriteUnderTest();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  server = await startEventHubs(`orders${++hubs}`, 4);
});
afterEach(async () => {
  await stopAll();
  await Promise.all(hosts.map(async ({ context }) => eventHubsBinding.stop?.(context)));
  await server.stop();
  hosts = [];
});

let hubs = 0;
const QUICK = { loadBalancingUpdateInterval: '00:00:00.2', partitionOwnershipExpirationInterval: '00:00:03' };
const hostJson = (given: Record<string, unknown> = {}): HostJson => ({
  version: '2.0',
  extensions: { eventHubs: { ...QUICK, ...given } },
});

function host(options: Partial<ListenerHostOptions> = {}): ListenerHost {
  const made = listenerHost({
    stateDir: storage.stateDir,
    values: { ...storage.values, Hub: server.connectionString },
    hostJson: hostJson(),
    ...options,
  });
  hosts.push(made);
  return made;
}

async function listen(
  binding: Record<string, unknown> = {},
  options: Partial<ListenerHostOptions> = {},
): Promise<ListenerHost> {
  const made = host(options);
  const listener = await eventHubsTrigger.start?.(
    definition('job'),
    { ...{ name: 'e', type: 'eventHubTrigger', direction: 'trigger' }, connection: 'Hub', ...binding },
    made.context,
  );
  if (listener) listeners.push(listener);
  return made;
}

async function stopAll(): Promise<void> {
  await Promise.all(listeners.splice(0).map((listener) => listener.stop()));
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, n) => String(n));
const textsOf = (input: RpcData): string[] =>
  'collectionString' in input ? input.collectionString.string : 'string' in input ? [input.string] : [];
const seen = (made: ListenerHost): string[] => made.calls.flatMap(({ invocation }) => textsOf(invocation.input));
const saw = (count: number, ...made: readonly ListenerHost[]): Promise<true> =>
  eventually(() => Promise.resolve(new Set(made.flatMap(seen)).size === count ? true : undefined));
const container = () => storage.connection.blobs().getContainerClient('azure-webjobs-eventhub');

/** What KEDA's `blobMetadata` strategy reads. */
async function checkpoint(partition: number, group = '$default'): Promise<number | undefined> {
  const blob = container().getBlobClient(`${server.namespace}/orders${hubs}/${group}/checkpoint/${partition}`);
  const found = await blob.getProperties().catch(() => undefined);
  return found?.metadata === undefined ? undefined : Number(found.metadata['sequencenumber']);
}
const checkpointed = (partition: number, sequenceNumber: number): Promise<true> =>
  eventually(async () => ((await checkpoint(partition)) === sequenceNumber ? true : undefined));

describe('an Event Hubs trigger', () => {
  test('hands over what an output sent, with metadata, and checkpoints where KEDA looks', async () => {
    const sender = host();
    const out = { name: 'o', type: 'eventHub', direction: 'out', connection: 'Hub' } as const;
    await eventHubsBinding.output?.(out, { json: '["plain",{"a":1}]' }, {}, sender.context);
    const made = await listen();
    await saw(2, made);
    expect(new Set(seen(made))).toEqual(new Set(['plain', '{\n  "a": 1\n}']));
    const [call] = made.calls;
    expect(call?.invocation).toMatchObject({ reason: '(null)' });
    expect(call?.invocation.details).toMatch(
      /^Trigger Details: PartitionId: \d, Offset: 0-\d+, EnqueueTimeUtc: .*, Count: \d$/,
    );
    const metadata = call?.invocation.triggerMetadata;
    expect(JSON.parse((metadata?.['PartitionContext'] as { json: string }).json)).toMatchObject({
      EventHubName: `orders${hubs}`,
      ConsumerGroup: '$Default',
    });
    expect(Object.keys(metadata ?? {}).sort()).toEqual([
      ...['EnqueuedTimeUtcArray', 'OffsetArray', 'PartitionContext', 'PartitionKeyArray'],
      ...['PropertiesArray', 'SequenceNumberArray', 'SystemPropertiesArray'],
    ]);
    await checkpointed(0, 1);
  });

  test('hands over one event at a time, in order, where the binding says so', async () => {
    for (const n of numbers(5)) server.append(2, `{"n":${n}}`);
    const made = await listen({ cardinality: 'one' });
    await made.called(5);
    expect(seen(made)).toEqual(numbers(5).map((n) => `{"n":${n}}`));
    expect(made.calls[4]?.invocation.triggerMetadata).toMatchObject({ SequenceNumber: { int: 4 }, n: { json: '4' } });
    await checkpointed(2, 4);
  });

  test('checkpoints a batch whose function failed, says so once, and goes on from there after a restart', async () => {
    for (const n of numbers(3)) server.append(0, n);
    const first = await listen({}, { answer: () => false });
    await saw(3, first);
    await checkpointed(0, 2);
    await stopAll();
    expect(
      first.lines.filter((line) => line.includes("'job' failed, yet its events are checkpointed and not run again")),
    ).toHaveLength(1);
    server.append(0, 'later');
    const second = await listen();
    await saw(1, second);
    expect(seen(second)).toEqual(['later']);
  });

  test('does not checkpoint a batch that failed because the host stops', async () => {
    for (const n of numbers(3)) server.append(0, n);
    let fail = (): void => undefined;
    const first = await listen({}, { answer: () => new Promise((resolve) => (fail = () => resolve(false))) });
    await saw(3, first);
    const stopped = stopAll();
    fail();
    await stopped;
    expect(await checkpoint(0)).toBeUndefined();
    const second = await listen();
    await saw(3, second);
  });

  test('checkpoints every n-th batch when told to, and the rest when it stops', async () => {
    const made = await listen(
      { cardinality: 'one' },
      { hostJson: hostJson({ maxEventBatchSize: 1, batchCheckpointFrequency: 3 }) },
    );
    for (const n of numbers(4)) server.append(1, n);
    await made.called(4);
    await checkpointed(1, 2);
  });

  test('shares the partitions with a second host, and loses nothing on the way', async () => {
    for (const n of numbers(40)) server.append(Number(n) % 4, n);
    const first = await listen();
    await saw(40, first);
    const second = await listen();
    // Until each of them reads something new, for partitions move when the hosts see fit.
    let sent = 40;
    const readsOn = (made: ListenerHost): boolean => seen(made).some((text) => Number(text) >= 40);
    await eventually(() => {
      if (readsOn(first) && readsOn(second)) return Promise.resolve(true);
      for (let partition = 0; partition < 4; partition++) server.append(partition, String(sent++));
      return Promise.resolve(undefined);
    });
    await saw(sent, first, second);
  });

  test('goes on after its connections were cut', async () => {
    const made = await listen();
    for (const n of numbers(8)) server.append(Number(n) % 4, n);
    await saw(8, made);
    server.cut();
    for (const n of numbers(16).slice(8)) server.append(Number(n) % 4, n);
    await saw(16, made);
  });

  test('keeps no process alive by the renewals of its tokens, which its client loses track of', async () => {
    const started = jest.spyOn(globalThis, 'setTimeout');
    const made = await listen();
    for (const n of numbers(4)) server.append(Number(n), n);
    await saw(4, made);
    const renewals = started.mock.results.filter((_result, i) => started.mock.calls[i]?.[1] === 45 * 60_000);
    started.mockRestore();
    // One of the hub itself, and one of each partition at least.
    expect(renewals.length).toBeGreaterThanOrEqual(5);
    expect(renewals.filter(({ value }) => (value as NodeJS.Timeout).hasRef())).toEqual([]);
  });

  test('tells of options and settings that cannot be used', () => {
    const check = (
      binding: Record<string, unknown>,
      settings: Record<string, unknown> = {},
      values: Record<string, string> = { Hub: server.connectionString },
    ) =>
      eventHubsTrigger.check?.(
        definition('job'),
        { ...{ name: 'e', type: 'eventHubTrigger', direction: 'trigger' }, connection: 'Hub', ...binding },
        host({ values: { ...storage.values, ...values }, hostJson: hostJson(settings) }).context,
      );
    expect(() => check({})).not.toThrow();
    expect(() =>
      check({ eventHubName: 'h' }, {}, { Hub__fullyQualifiedNamespace: 'n.servicebus.windows.net' }),
    ).not.toThrow();
    expect(() => check({ connection: 'Missing' })).toThrow(
      /'Missing' does not exist in the settings\. Set it to a connection string, or Missing__fullyQualifiedNamespace/,
    );
    expect(() => check({}, {}, { Hub__fullyQualifiedNamespace: 'n' })).toThrow(
      "Event Hubs binding 'e' has no 'eventHubName'.",
    );
    expect(() => check({ connection: server.connectionString })).toThrow(/^((?!SharedAccessKey).)*$/);
    expect(() => check({}, { maxEventBatchSize: 0 })).toThrow(
      /maxEventBatchSize is 0; it must be a whole number, 1 to 10000/,
    );
    expect(() => check({}, { loadBalancingUpdateInterval: 'soon' })).toThrow(/it must be a time such as "00:00:10"/);
    expect(() => check({}, { initialOffsetOptions: { type: 'fromEnqueuedTime' } })).toThrow(
      /enqueuedTimeUtc is ""; it must be a time/,
    );
  });
});
