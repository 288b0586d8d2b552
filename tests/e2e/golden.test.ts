/**
 * The local host against what a real Azure Functions host answered (tests/golden). The driver asks the same questions and
 * compares; see its README for what is loose, and why. The suite `bus` runs where RabbitMQ and the mock Kafka broker are.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot } from '../drivers/app-under-test';
import { hasKafka, startKafka, type KafkaUnderTest } from '../drivers/kafka-under-test';
import { hasRabbit, startRabbit, type RabbitUnderTest } from '../drivers/rabbitmq-under-test';
import { startStorage, type StorageUnderTest } from '../drivers/storage-under-test';

const golden = path.join(projectRoot, 'tests', 'golden');
const apps = path.join(golden, 'app');
const withBrokers = hasRabbit && hasKafka;
const SUITES = `main,bare,stream,boot${withBrokers ? ',bus' : ''}`;
const CASES = withBrokers ? '540' : '530';

let storage: StorageUnderTest;
let rabbit: RabbitUnderTest | undefined;
let kafka: KafkaUnderTest | undefined;
beforeAll(async () => {
  if (!existsSync(path.join(apps, 'main', 'dist', 'http.js'))) {
    for (const args of [
      ['ci', '--no-audit', '--no-fund', '--loglevel=error'],
      ['run', 'build'],
    ]) {
      const { status, stderr } = spawnSync('npm', args, {
        cwd: apps,
        encoding: 'utf8',
        shell: process.platform === 'win32',
      });
      if (status !== 0) throw new Error(`npm ${args.join(' ')} in tests/golden/app failed:\n${stderr}`);
    }
  }
  storage = await startStorage();
  if (!withBrokers) return;
  [rabbit, kafka] = await Promise.all([startRabbit(), startKafka()]);
  const channel = await (await rabbit.connection()).createChannel();
  for (const queue of ['oa_r1', 'oa_r2']) await channel.assertQueue(queue);
  for (const topic of ['oa_k1', 'oa_k2']) await kafka.createTopic(topic, 4);
}, 300_000);
afterAll(async () => {
  await Promise.all([storage.stop(), rabbit?.stop(), kafka?.stop()]);
}, 60_000);

it(`answers all recorded cases of ${SUITES} as the real host did`, async () => {
  const host = path.join(projectRoot, 'scripts', 'golden-host');
  const driver = spawn(
    process.execPath,
    ['driver.mjs', '--check', 'cases.json', '--suite', SUITES, '--spawn', host, '--jobs', '8'],
    {
      cwd: golden,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        AzureWebJobsStorage: storage.settings.AzureWebJobsStorage,
        ...(rabbit && kafka ? { RabbitConn: rabbit.url, KafkaBrokers: kafka.brokers } : {}),
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  driver.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  await new Promise((resolve) => driver.once('close', resolve));
  const [, passed, failed] = /(\d+) passed, (\d+) failed\s*$/.exec(output) ?? [];
  if (failed !== '0') console.log(output);
  expect({ passed, failed }).toEqual({ passed: CASES, failed: '0' });
}, 1_200_000);
