/**
 * TLS and SASL/PLAIN before a Kafka broker that has neither (https://kafka.apache.org/protocol): answers the handshake itself,
 * and lets nothing but a question for versions through before. Says its own address where the broker says one.
 *
 * Also spares librdkafka's mock broker (2.0.2) what it fails an assertion for: a member of a group that asks again while its answer
 * is still to come. It names members by addresses in its memory, so that one that stood still may come back under a name which
 * another has by then; here each gets a name of its own. Who asks twice all the same loses both connections, as any broker may
 * do, and asks anew.
 */
import { randomUUID } from 'node:crypto';
import { createServer as createPlainServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import type { SelfSigned } from './self-signed';

export interface KafkaFront {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** How often somebody signed in, and was refused. */
  readonly signIns: { good: number; bad: number };
  /** Connections that ended before TLS was agreed on. */
  readonly brokenHandshakes: () => number;
  stop(): Promise<void>;
}

export interface KafkaFrontOptions {
  /** `127.0.0.1:PORT` of the broker. */
  readonly broker: string;
  /** Without it, no TLS. */
  readonly tls?: SelfSigned;
  /** Without it, no SASL. */
  readonly user?: { readonly username: string; readonly password: string };
}

const API = { versions: 18, handshake: 17, authenticate: 36, join: 11, sync: 14 };
/** From here on requests are encoded otherwise; kafkajs does not speak them. */
const FLEXIBLE = { [API.join]: 6, [API.sync]: 4 };
/** As a broker's `socket.request.max.bytes`. */
const LARGEST = 104_857_600;
/** Until the broker has seen for sure that a connection ended. */
const HEARS_MS = 500;
const UNSUPPORTED_MECHANISM = 33;
const AUTHENTICATION_FAILED = 58;

export async function startKafkaFront({ broker, tls, user }: KafkaFrontOptions): Promise<KafkaFront> {
  const [host = '', brokerPort = ''] = broker.split(':');
  const signIns = { good: 0, bad: 0 };
  let broken = 0;
  const sockets = new Set<Socket>();
  const waiting: Waiting = new Map();
  const take = (client: Socket): void => {
    const upstream = connect(Number(brokerPort), host);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket
        .on('error', () => undefined)
        .on('close', () => {
          sockets.delete(socket);
          client.destroy();
          upstream.destroy();
          visit.ended();
        });
    }
    const { port } = server.address() as AddressInfo;
    const visit = new Visit(
      client,
      upstream,
      user,
      signIns,
      waiting,
      addressIn(host, Number(brokerPort)),
      addressIn(host, port),
    );
    frames(client, (frame) => visit.asked(frame));
    frames(upstream, (frame) => visit.answered(frame));
  };
  const server: Server = tls
    ? createTlsServer({ cert: tls.certificate, key: tls.key }, take).on('tlsClientError', () => void broken++)
    : createPlainServer(take);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    signIns,
    brokenHandshakes: () => broken,
    async stop() {
      sockets.forEach((socket) => socket.destroy());
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Members of groups whose answer is still to come, and who asked for it. */
type Waiting = Map<string, Visit>;

/** One connection of a client. */
class Visit {
  #mayPass: boolean;
  /** Members that wait on it, by correlation id. */
  readonly #members = new Map<number, string>();
  /** Correlation ids of questions for versions. */
  readonly #versions = new Set<number>();

  constructor(
    private readonly client: Socket,
    private readonly upstream: Socket,
    private readonly user: KafkaFrontOptions['user'],
    private readonly signIns: { good: number; bad: number },
    private readonly waiting: Waiting,
    private readonly theirAddress: Buffer,
    private readonly ourAddress: Buffer,
  ) {
    this.#mayPass = user === undefined;
  }

  asked(frame: Buffer): void {
    const api = frame.readInt16BE(0);
    const correlation = frame.readInt32BE(4);
    const body = frame.subarray(10 + Math.max(0, frame.readInt16BE(8)));
    if (api === API.versions) this.#versions.add(correlation);
    if (this.user && api === API.handshake) this.#shakeHands(correlation, body);
    else if (this.user && api === API.authenticate) this.#authenticate(correlation, body);
    else if (this.#mayPass || api === API.versions) this.#pass(api, frame, correlation, body);
    // As a broker does with who has not signed in.
    else this.client.destroy();
  }

  /** Nobody waits on it any more; the broker hears of it a moment later. */
  ended(): void {
    setTimeout(() => {
      for (const member of this.#members.values()) if (this.waiting.get(member) === this) this.waiting.delete(member);
    }, HEARS_MS).unref();
  }

  #pass(api: number, frame: Buffer, correlation: number, body: Buffer): void {
    const version = frame.readInt16BE(2);
    const flexible = FLEXIBLE[api];
    if (flexible === undefined || version >= flexible) return void this.upstream.write(framed(frame));
    const numbers = api === API.join && version > 0 ? 8 : 4;
    const at = 2 + body.readInt16BE(0) + numbers;
    const end = at + 2 + body.readInt16BE(at);
    const named = body.subarray(at + 2, end).toString();
    const member = named === '' ? randomUUID() : named;
    if (this.#asksTwice(member, correlation)) return void this.client.destroy();
    const head = frame.subarray(0, frame.length - body.length);
    this.upstream.write(framed(Buffer.concat([head, body.subarray(0, at), text(member), body.subarray(end)])));
  }

  #asksTwice(member: string, correlation: number): boolean {
    const other = this.waiting.get(member);
    other?.client.destroy();
    if (other) return true;
    this.waiting.set(member, this);
    this.#members.set(correlation, member);
    return false;
  }

  answered(frame: Buffer): void {
    const member = this.#members.get(frame.readInt32BE(0));
    if (member !== undefined) this.waiting.delete(member);
    this.#members.delete(frame.readInt32BE(0));
    const known = this.user && this.#versions.delete(frame.readInt32BE(0)) ? withSaslVersions(frame) : frame;
    this.client.write(framed(this.#withOurAddress(known)));
  }

  #withOurAddress(frame: Buffer): Buffer {
    for (let at = frame.indexOf(this.theirAddress); at >= 0; at = frame.indexOf(this.theirAddress, at + 1))
      this.ourAddress.copy(frame, at);
    return frame;
  }

  #shakeHands(correlation: number, body: Buffer): void {
    const mechanism = body.subarray(2, 2 + body.readInt16BE(0)).toString();
    const error = mechanism === 'PLAIN' ? 0 : UNSUPPORTED_MECHANISM;
    this.#answer(correlation, int16(error), int32(1), text('PLAIN'));
  }

  #authenticate(correlation: number, body: Buffer): void {
    const [, username, password] = body
      .subarray(4, 4 + body.readInt32BE(0))
      .toString()
      .split('\0');
    this.#mayPass = username === this.user?.username && password === this.user?.password;
    if (this.#mayPass) {
      this.signIns.good++;
      this.#answer(correlation, int16(0), int16(-1), int32(0), Buffer.alloc(8));
      return;
    }
    this.signIns.bad++;
    const reason = text('Authentication failed: Invalid username or password');
    this.#answer(correlation, int16(AUTHENTICATION_FAILED), reason, int32(0), Buffer.alloc(8));
    this.client.end();
  }

  #answer(correlation: number, ...parts: readonly Buffer[]): void {
    this.client.write(framed(Buffer.concat([int32(correlation), ...parts])));
  }
}

/** The list of a broker's versions, with those of the handshake put before it. */
function withSaslVersions(frame: Buffer): Buffer {
  const COUNT_AT = 6;
  const ours = [API.handshake, API.authenticate].map((api) => Buffer.concat([int16(api), int16(0), int16(1)]));
  const count = int32(frame.readInt32BE(COUNT_AT) + ours.length);
  return Buffer.concat([frame.subarray(0, COUNT_AT), count, ...ours, frame.subarray(COUNT_AT + 4)]);
}

/** Calls for each whole message, without its length. What is longer than any is no Kafka, and ends as with a broker. */
function frames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const length = rest.readInt32BE(0);
      if (length < 0 || length > LARGEST) return void socket.destroy();
      if (rest.length < 4 + length) return;
      take(Buffer.from(rest.subarray(4, 4 + length)));
      rest = rest.subarray(4 + length);
    }
  });
}

const framed = (content: Buffer): Buffer => Buffer.concat([int32(content.length), content]);
const text = (value: string): Buffer => Buffer.concat([int16(Buffer.byteLength(value)), Buffer.from(value)]);
const addressIn = (host: string, port: number): Buffer => Buffer.concat([text(host), int32(port)]);

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeInt16BE(value);
  return bytes;
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}
