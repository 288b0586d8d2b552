/** `npm run orders:publish -- …`: demo orders into a backend at a rate, with a progress bar and a summary. */
import { parseArgs } from 'node:util';
import path from 'node:path';
import { createStorageClients, identity } from '../src/adapters/azure-storage/clients';
import { createMessageQueue } from '../src/adapters/azure-storage/message-queue';
import { createQueuePublisher } from '../src/adapters/azure-storage/queue-publisher';
import { createEventHubPublisher } from '../src/adapters/event-hubs/publisher';
import { createKafkaPublisher } from '../src/adapters/kafka/publisher';
import type { Config } from '../src/config/config';
import { ORDERS_QUEUE } from '../src/domain/storage-layout';
import type { OrderPublisher } from '../src/ports/order-publisher';
import { messageOf } from '../src/telemetry/logger';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { stateFolder, withRunningStorage } from './local/running-storage';
import { parsePublishOptions, publishUsage, type PublishOptions } from './orders/publish-options';
import { publishOrders, type Published } from './orders/publish-orders';
import { publishBar, publishSummary } from './orders/publish-progress';
import { checkSettings, EX_CONFIG } from '../src/preflight';

const root = path.resolve(__dirname, '..', '..');
const AT_ONCE = 16;

interface Target {
  readonly name: string;
  /** What to look at when it cannot be reached. */
  readonly advice: string;
  readonly open: () => Promise<OrderPublisher>;
}

function target({ orders, storage }: Config, { inOrder }: PublishOptions): Target {
  const { mode, kafka, eventHub } = orders.backends;
  if (mode === 'kafka' && kafka)
    return {
      name: `Kafka topic ${kafka.topic}`,
      advice: `Do the brokers of KAFKA_BROKERS (${kafka.brokers.join(',')}) answer, and does the topic ${kafka.topic} exist?`,
      open: () => createKafkaPublisher(kafka),
    };
  if (mode === 'eventhub' && eventHub)
    return {
      name: `event hub ${eventHub.hub}`,
      advice: `Does ${eventHub.describes} answer, and does the event hub ${eventHub.hub} exist?`,
      open: () => Promise.resolve(createEventHubPublisher(eventHub, () => identity(undefined))),
    };
  return {
    name: `queue ${ORDERS_QUEUE}`,
    advice: 'Is the storage running (npm start), and does AzureWebJobsStorage name it?',
    open: () => {
      const queue = createMessageQueue(createStorageClients(storage));
      return Promise.resolve(createQueuePublisher(queue, ORDERS_QUEUE, inOrder ? 1 : AT_ONCE));
    },
  };
}

/** The exit code. */
async function publish(options: PublishOptions, { name, advice, open }: Target): Promise<number> {
  const stopped = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.abort());
  const { isTTY } = process.stdout;
  let last: Published | undefined;
  let failure: unknown;
  try {
    const publisher = await open();
    const progress = (published: Published): void => {
      last = published;
      if (isTTY)
        process.stdout.write(`\r\u001b[K${publishBar(published.counts.sent, options.count, published.seconds)}`);
    };
    last = await publishOrders(options, publisher, progress, stopped.signal);
    await publisher.close();
  } catch (error) {
    failure = error;
  }
  if (isTTY) process.stdout.write('\r\u001b[K');
  if (last) for (const line of publishSummary(name, last.counts, options, last.seconds)) console.log(line);
  if (failure !== undefined) {
    const reason = messageOf(failure).split('\n', 1)[0];
    console.error(`${last ? 'The rest of the' : 'The'} orders could not be sent to ${name}: ${reason}`);
    console.error(advice);
    return 1;
  }
  return stopped.signal.aborted ? 130 : 0;
}

async function main(): Promise<number> {
  const parsed = parsePublishOptions(process.argv.slice(2), parseArgs);
  if (parsed.kind !== 'options') {
    if (parsed.kind === 'rejected') console.error(`${parsed.reason}\n`);
    (parsed.kind === 'help' ? console.log : console.error)(publishUsage);
    return parsed.kind === 'help' ? 0 : 2;
  }
  const { backend, storagePort } = parsed.options;
  const environment = withRunningStorage(effectiveEnvironment(localSettings(root)), stateFolder(root), storagePort);
  // Only the backend that is published to must be set up.
  const only = { PIPELINES: 'orders', BACKEND_DRAIN: '', ...(backend ? { BACKEND_MODE: backend } : {}) };
  const checked = checkSettings({ ...environment, ...only });
  if (checked.ok) return publish(parsed.options, target(checked.config, parsed.options));
  for (const reason of checked.reasons)
    console.error(backend ? reason.replace(`BACKEND_MODE is ${backend}`, `--backend is ${backend}`) : reason);
  return EX_CONFIG;
}

main().then(
  // Brokers' clients may keep timers for a while.
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(1);
  },
);
