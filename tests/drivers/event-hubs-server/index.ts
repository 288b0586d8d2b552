/**
 * A stand-in for Event Hubs that the real SDK talks to over plain AMQP, with `UseDevelopmentEmulator=true`. It knows the claim
 * node (any token is good), the management node (READ of hub and partition), senders with batches and partition keys, and
 * receivers with positions, credit and owner levels.
 */
import type { AddressInfo } from 'node:net';
import type net from 'node:net';
import rhea, { type Connection, type Container, type EventContext, type Message, type Sender } from 'rhea';
import { PartitionLog, type StoredEvent } from './partition-log';

export interface EventHubsServer {
  /** For the hub; has an `EntityPath`. */
  readonly connectionString: string;
  readonly port: number;
  readonly namespace: string;
  readonly partitions: readonly PartitionLog[];
  /** Stores an event without the SDK. */
  append(partition: number, body: string | Buffer): void;
  /** Ends all connections; new ones are taken. */
  cut(): void;
  stop(): Promise<void>;
}

interface Reader {
  readonly sender: Sender;
  readonly log: PartitionLog;
  readonly key: string;
  readonly level: number | undefined;
  next: number;
}

type Inner = Pick<Message, 'application_properties' | 'message_annotations'> & { readonly body?: unknown };

const SELECTOR = 'apache.org:selector-filter:string';

export async function startEventHubs(hub: string, partitionCount: number): Promise<EventHubsServer> {
  const partitions = Array.from({ length: partitionCount }, () => new PartitionLog());
  const container = rhea.create_container({ id: 'event-hubs' });
  const server = new HubServer(container, hub, partitions);
  const sockets = new Set<net.Socket>();
  const listener = container.listen({ port: 0, host: '127.0.0.1' });
  listener.on('connection', (socket: net.Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  const connections = new Set<Connection>();
  container.on('connection_open', ({ connection }: EventContext) => void connections.add(connection));
  await new Promise((resolve) => listener.once('listening', resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    partitions,
    namespace: '127.0.0.1',
    connectionString: `Endpoint=sb://127.0.0.1:${port};SharedAccessKeyName=any;SharedAccessKey=any;UseDevelopmentEmulator=true;EntityPath=${hub}`,
    append: (partition, body) => server.append(partition, { body: Buffer.from(body) }),
    cut: () => sockets.forEach((socket) => socket.destroy()),
    async stop() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => listener.close(resolve));
      // The library would go on sending heartbeats to who is gone.
      for (const connection of connections)
        clearTimeout((connection as unknown as { readonly heartbeat_out?: NodeJS.Timeout }).heartbeat_out);
    },
  };
}

class HubServer {
  readonly #hub: string;
  readonly #partitions: readonly PartitionLog[];
  readonly #readers = new Set<Reader>();
  /** Senders towards clients that ask questions, by the node that they read answers from. */
  readonly #answers = new Map<Connection, Map<string, Sender>>();
  #roundRobin = 0;

  constructor(container: Container, hub: string, partitions: readonly PartitionLog[]) {
    this.#hub = hub;
    this.#partitions = partitions;
    container.sasl_server_mechanisms.enable_anonymous();
    container.on('sender_open', (context: EventContext) => this.#openTowardsClient(context));
    container.on('receiver_open', ({ receiver }: EventContext) => {
      const address = receiver?.target.address as unknown as string;
      receiver?.set_target({ address });
      receiver?.set_source(receiver.source);
    });
    container.on('sendable', ({ sender }: EventContext) => {
      for (const reader of this.#readers) if (reader.sender === sender) this.#deliver(reader);
    });
    container.on('message', (context: EventContext) => this.#receive(context));
    for (const ended of ['sender_close', 'connection_close', 'disconnected'])
      container.on(ended, ({ sender, connection }: EventContext) => {
        for (const reader of this.#readers)
          if (reader.sender === sender || (sender === undefined && reader.sender.connection === connection))
            this.#readers.delete(reader);
        if (sender === undefined) this.#answers.delete(connection);
      });
    for (const failed of ['error', 'connection_error', 'session_error', 'receiver_error', 'sender_error'])
      container.on(failed, () => undefined);
  }

  append(partition: number, event: Pick<StoredEvent, 'body'> & Partial<StoredEvent>): void {
    const log = this.#partitions[partition];
    log?.append({ properties: undefined, partitionKey: undefined, ...event });
    for (const reader of this.#readers) if (reader.log === log) this.#deliver(reader);
  }

  #openTowardsClient({ sender, connection }: EventContext): void {
    if (!sender) return;
    const { address } = sender.source;
    sender.set_source({ address });
    sender.set_target(sender.target);
    const [, group, id] = /ConsumerGroups\/([^/]+)\/Partitions\/([^/]+)$/.exec(address) ?? [];
    if (group === undefined) {
      const answers = this.#answers.get(connection) ?? new Map<string, Sender>();
      this.#answers.set(connection, answers.set(address, sender));
      return;
    }
    const log = this.#partitions[Number(id)];
    if (!log) return void sender.close({ condition: 'amqp:not-found', description: `There is no partition ${id}.` });
    const level = (sender.properties as Record<string, unknown> | undefined)?.['com.microsoft:epoch'];
    const filter = (sender.source.filter as Record<string, unknown> | undefined)?.[SELECTOR];
    const reader: Reader = {
      ...{ sender, log, key: `${group}/${id}` },
      level: level === undefined ? undefined : Number(level),
      next: log.indexFrom(filter === undefined ? undefined : textOf(filter)),
    };
    for (const other of this.#readers) if (other.key === reader.key) this.#disconnect(other);
    this.#readers.add(reader);
    this.#deliver(reader);
  }

  /** A new owner of the same level takes the partition over. */
  #disconnect(reader: Reader): void {
    if (reader.level === undefined) return;
    this.#readers.delete(reader);
    reader.sender.close({ condition: 'amqp:link:stolen', description: 'A receiver with a higher epoch was created.' });
  }

  #deliver(reader: Reader): void {
    for (;;) {
      const event = reader.log.events[reader.next];
      if (event === undefined || !reader.sender.sendable()) return;
      reader.next += 1;
      reader.sender.send(messageOf(event));
    }
  }

  #receive({ message, receiver, connection }: EventContext): void {
    if (!message || !receiver) return;
    const { address } = receiver.target;
    if (address.endsWith('$cbs')) return void this.#answer(connection, address, message, 202, {});
    if (address.endsWith('$management'))
      return void this.#answer(connection, address, message, 200, this.#describe(message));
    // In a format that is not AMQP's own, such as the batch's 0x80013700, the bytes come as they are.
    const given: unknown = message;
    const outer = Buffer.isBuffer(given) ? (rhea.message.decode(given) as Inner) : message;
    const [, id] = /Partitions\/([^/]+)$/.exec(address) ?? [];
    const key = annotation(outer, 'x-opt-partition-key');
    const partition = id === undefined ? this.#choose(key) : Number(id);
    for (const inner of Buffer.isBuffer(given) ? innerMessages(outer) : [outer])
      this.append(partition, {
        body: dataOf(inner.body),
        properties: inner.application_properties,
        partitionKey: key,
      });
  }

  #choose(key: string | undefined): number {
    if (key === undefined) return this.#roundRobin++ % this.#partitions.length;
    return [...key].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % this.#partitions.length;
  }

  #describe({ application_properties: asked }: Message): object {
    const id = asked?.['partition'] as string | undefined;
    if (id === undefined)
      return {
        ...{ name: this.#hub, type: 'com.microsoft:eventhub', created_at: new Date(0) },
        partition_count: this.#partitions.length,
        partition_ids: rhea.types.wrap_array(
          this.#partitions.map((_log, n) => String(n)),
          0xa1,
          undefined,
        ),
      };
    const last = this.#partitions[Number(id)]?.events.at(-1);
    return {
      ...{ name: this.#hub, type: 'com.microsoft:partition', partition: id, begin_sequence_number: 0 },
      last_enqueued_sequence_number: last?.sequenceNumber ?? -1,
      last_enqueued_offset: last?.offset ?? '-1',
      last_enqueued_time_utc: last?.enqueuedAt ?? new Date(0),
      is_partition_empty: last === undefined,
    };
  }

  #answer(connection: Connection, node: string, { message_id: id }: Message, status: number, body: object): void {
    const sender = this.#answers.get(connection)?.get(node);
    sender?.send({
      ...(id === undefined ? {} : { correlation_id: id }),
      application_properties: { 'status-code': status, 'status-description': 'OK' },
      body,
    });
  }
}

function messageOf(event: StoredEvent): Message {
  return {
    body: rhea.message.data_section(event.body),
    message_annotations: {
      'x-opt-sequence-number': rhea.types.wrap_long(event.sequenceNumber),
      'x-opt-offset': event.offset,
      'x-opt-enqueued-time': rhea.types.wrap_timestamp(event.enqueuedAt.getTime()),
      ...(event.partitionKey === undefined ? {} : { 'x-opt-partition-key': event.partitionKey }),
    },
    ...(event.properties === undefined ? {} : { application_properties: event.properties }),
  };
}

/** Each data section of a batch is a whole message. */
function innerMessages({ body }: Inner): Inner[] {
  const { content, multiple } = body as { content: Buffer | Buffer[]; multiple?: boolean };
  const parts = multiple === true ? (content as Buffer[]) : [content as Buffer];
  return parts.map((part) => rhea.message.decode(part) as Inner);
}

function dataOf(body: unknown): Buffer {
  const content = (body as { content?: unknown } | undefined)?.content ?? body;
  if (content instanceof Uint8Array) return Buffer.from(content);
  return Buffer.from(typeof content === 'string' ? content : JSON.stringify(content));
}

/** The filter is a described string. */
function textOf(filter: unknown): string {
  const value: unknown = (filter as { value?: unknown }).value ?? filter;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function annotation({ message_annotations: annotations }: Inner, name: string): string | undefined {
  const value = (annotations as Record<string, unknown> | undefined)?.[name];
  return typeof value === 'string' ? value : undefined;
}
