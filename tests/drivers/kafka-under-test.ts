import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { Kafka, logLevel, Partitioners, type Message } from 'kafkajs';
import { projectRoot } from './app-under-test';
import { describeWith } from './debian-package';

const compiler = ['/usr/bin/gcc', '/usr/bin/cc'].find((file) => existsSync(file)) ?? '/usr/bin/gcc';

/** `describe`, where the mock broker of librdkafka can be built. */
export const describeKafka = describeWith('librdkafka-dev gcc libc6-dev', [
  '/usr/include/librdkafka/rdkafka_mock.h',
  compiler,
]);
export const hasKafka = describeKafka !== describe.skip;

export interface KafkaUnderTest {
  /** `127.0.0.1:PORT` */
  readonly brokers: string;
  createTopic(name: string, partitions: number): Promise<void>;
  send(topic: string, messages: Message[]): Promise<void>;
  /** What a group has committed, by partition; -1 where it has committed nothing. */
  committed(groupId: string, topic: string): Promise<readonly number[]>;
  /** The broker takes no connection until `back` resolves; topics and offsets stay. */
  outage(back: () => Promise<void>): Promise<void>;
  stop(): Promise<void>;
}

/** The mock broker of librdkafka, which speaks Kafka's wire protocol, in a process of its own. Groups form in 3 s. */
export async function startKafka(): Promise<KafkaUnderTest> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-kafka-'));
  const program = path.join(folder, 'broker');
  const source = path.join(projectRoot, 'tests', 'drivers', 'kafka-broker.c');
  const built = spawnSync(compiler, ['-O1', '-o', program, source, '-lrdkafka'], { encoding: 'utf8' });
  if (built.status !== 0) throw new Error(`The mock Kafka broker cannot be built:\n${built.stderr}`);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
  tellLastWords(child);
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<string> => String((await answers.next()).value);
  const tell = async (command: string): Promise<void> => {
    child.stdin.write(`${command}\n`);
    if ((await answer()) !== 'ok') throw new Error(`The mock Kafka broker refused: ${command}`);
  };
  const brokers = await answer();
  const client = new Kafka({ brokers: brokers.split(','), logLevel: logLevel.NOTHING });
  const producer = client.producer({ createPartitioner: Partitioners.DefaultPartitioner });
  const admin = client.admin();
  await Promise.all([producer.connect(), admin.connect()]);
  return {
    brokers,
    createTopic: (name, partitions) => tell(`topic ${name} ${partitions}`),
    async send(topic, messages) {
      await producer.send({ topic, messages });
    },
    async committed(groupId, topic) {
      const [offsets] = await admin.fetchOffsets({ groupId, topics: [topic] });
      return [...(offsets?.partitions ?? [])]
        .sort((a, b) => a.partition - b.partition)
        .map(({ offset }) => Number(offset));
    },
    async outage(back) {
      await tell('down');
      try {
        await back();
      } finally {
        await tell('up');
      }
    },
    async stop() {
      await Promise.all([producer.disconnect(), admin.disconnect()]);
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** It fails an assertion of its own now and then, after which all that a test sees is that nothing moves. */
function tellLastWords(child: ChildProcess): void {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  child.once('exit', (code, signal) => {
    if (code !== 0) process.stderr.write(`The mock Kafka broker ended with ${signal ?? code}: ${said}\n`);
  });
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exit = new Promise((resolve) => child.once('exit', resolve));
  child.stdin?.end();
  await exit;
}
