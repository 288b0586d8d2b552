/** The mock Kafka broker of librdkafka, as the tests have it. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

export interface Broker {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  createTopic(name: string, partitions: number): Promise<void>;
  stop(): Promise<void>;
}

/** @throws Error when it cannot be built: it wants Debian's librdkafka-dev and gcc. */
export async function startBroker(): Promise<Broker> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-bench-'));
  const program = path.join(folder, 'broker');
  const source = path.resolve(__dirname, '..', '..', '..', 'tests', 'drivers', 'kafka-broker.c');
  const built = spawnSync('gcc', ['-O1', '-o', program, source, '-lrdkafka'], { encoding: 'utf8' });
  if (built.status !== 0)
    throw new Error(`The mock Kafka broker cannot be built (apt-get install librdkafka-dev gcc):\n${built.stderr}`);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
  const answers = createInterface(child.stdout)[Symbol.asyncIterator]();
  const address = String((await answers.next()).value);
  return {
    address,
    async createTopic(name, partitions) {
      child.stdin.write(`topic ${name} ${partitions}\n`);
      await answers.next();
    },
    async stop() {
      const gone = new Promise((resolve) => child.once('exit', resolve));
      child.stdin.end();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
