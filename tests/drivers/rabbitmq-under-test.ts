import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel } from 'amqplib';
import { describeWith } from './debian-package';
import { freePorts } from './free-ports';

const SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const EPMD = '/usr/bin/epmd';
const START_TIMEOUT_MS = 90_000;
/** The management plugin's figures are 5 s old otherwise. */
const FRESH_FIGURES = `collect_statistics_interval = 200
management.sample_retention_policies.global.minute = 1
management.sample_retention_policies.basic.minute = 1
management.sample_retention_policies.detailed.10 = 1
`;

/** `describe`, where RabbitMQ is installed. */
export const describeRabbit = describeWith('rabbitmq-server', [SERVER, EPMD]);
export const hasRabbit = describeRabbit !== describe.skip;

export interface RabbitUnderTest {
  /** `amqp://guest:guest@127.0.0.1:PORT` */
  readonly url: string;
  readonly port: number;
  /** `http://guest:guest@127.0.0.1:PORT` of the management plugin; empty without it. */
  readonly managementUrl: string;
  /** A connection of the test's own; closed by `stop`. */
  connection(): Promise<ChannelModel>;
  /** Ends the broker as an operator would, its data kept, until `back` resolves. */
  outage(back: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/**
 * A real RabbitMQ with a node name, ports and a data folder of its own, all gone after `stop`. The management plugin takes some
 * seconds more to start; its figures are then a second old at most.
 */
export async function startRabbit(options: { readonly management?: boolean } = {}): Promise<RabbitUnderTest> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-rabbit-'));
  const [port = 0, epmdPort = 0, distPort = 0, managementPort = 0] = await freePorts(4);
  const managed = options.management === true;
  const env = configuration(folder, port, epmdPort, distPort, managed ? managementPort : undefined);
  const epmd = spawn(EPMD, ['-port', String(epmdPort), '-address', '127.0.0.1'], { env, stdio: 'ignore' });
  let server = await startServer(env, port).catch(async (error: unknown) => {
    await ended(epmd);
    throw error;
  });
  const connections: ChannelModel[] = [];
  const url = `amqp://guest:guest@127.0.0.1:${port}`;
  return {
    url,
    port,
    managementUrl: managed ? `http://guest:guest@127.0.0.1:${managementPort}` : '',
    async connection() {
      const connection = await connect(url);
      connection.on('error', () => undefined);
      connections.push(connection);
      return connection;
    },
    async outage(back) {
      await ended(server);
      try {
        await back();
      } finally {
        server = await startServer(env, port);
      }
    },
    async stop() {
      await Promise.all(connections.map((connection) => connection.close().catch(() => undefined)));
      await ended(server);
      await ended(epmd);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** The one that the tests of a file share. */
export interface RabbitOfFile extends Omit<RabbitUnderTest, 'stop'> {
  /** Of the tests; a new one after an outage. */
  readonly channel: Channel;
}

/** Started before the tests of a file, stopped after them, where RabbitMQ is installed. To be called once, at the file's top. */
export function rabbitOfFile(): RabbitOfFile {
  let rabbit: RabbitUnderTest | undefined;
  let channel: Channel | undefined;
  const open = async (): Promise<void> => void (channel = await (await there(rabbit).connection()).createChannel());
  beforeAll(async () => {
    if (!hasRabbit) return;
    rabbit = await startRabbit();
    await open();
  }, 120_000);
  afterAll(() => rabbit?.stop(), 60_000);
  return {
    get url() {
      return there(rabbit).url;
    },
    get port() {
      return there(rabbit).port;
    },
    managementUrl: '',
    get channel() {
      return there(channel);
    },
    connection: () => there(rabbit).connection(),
    async outage(back) {
      await there(rabbit).outage(back);
      await open();
    },
  };
}

function there<T>(value: T | undefined): T {
  if (value === undefined)
    throw new Error('RabbitMQ does not run: it is started before the tests, and only where it is installed.');
  return value;
}

function configuration(
  folder: string,
  port: number,
  epmdPort: number,
  distPort: number,
  managementPort: number | undefined,
): NodeJS.ProcessEnv {
  const file = (name: string): string => path.join(folder, name);
  const managed = managementPort !== undefined;
  writeFileSync(file('enabled_plugins'), managed ? '[rabbitmq_management].' : '[].');
  const management = managed
    ? `management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = ${managementPort}\n${FRESH_FIGURES}`
    : '';
  writeFileSync(file('rabbitmq.conf'), `listeners.tcp.1 = 127.0.0.1:${port}\nlog.file.level = warning\n${management}`);
  mkdirSync(file('log'));
  return {
    PATH: process.env.PATH,
    // The cookie of the Erlang nodes lies here.
    HOME: folder,
    ERL_EPMD_PORT: String(epmdPort),
    ERL_EPMD_ADDRESS: '127.0.0.1',
    RABBITMQ_NODENAME: `sluice${port}@localhost`,
    RABBITMQ_DIST_PORT: String(distPort),
    RABBITMQ_MNESIA_BASE: file('mnesia'),
    RABBITMQ_LOG_BASE: file('log'),
    RABBITMQ_PID_FILE: file('pid'),
    RABBITMQ_ENABLED_PLUGINS_FILE: file('enabled_plugins'),
    RABBITMQ_CONFIG_FILE: file('rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '+S 1:1 +sbwt none',
  };
}

async function startServer(env: NodeJS.ProcessEnv, port: number): Promise<ChildProcess> {
  const server = spawn(SERVER, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [server.stdout, server.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  const end = Date.now() + START_TIMEOUT_MS;
  while (!(await answers(port))) {
    if (server.exitCode !== null || Date.now() > end) {
      await ended(server);
      throw new Error(`RabbitMQ did not start:\n${output}`);
    }
    await wait(50);
  }
  return server;
}

/** The port opens as the last thing that a node does. */
async function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  await exit;
}
