/** `npm run orders:publish -- …`: demo orders into the backend at a rate, with a progress line and a summary. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import path from 'node:path';
import { createStorageClients } from '../src/adapters/azure-storage/clients';
import { createMessageQueue } from '../src/adapters/azure-storage/message-queue';
import { ORDERS_QUEUE } from '../src/domain/storage-layout';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { demoOrders, type DemoOrder } from './orders/demo-orders';
import { parsePublishOptions, publishUsage, type PublishOptions } from './orders/publish-options';
import { checkSettings, EX_CONFIG } from './preflight';

const root = path.resolve(__dirname, '..', '..');
const AT_ONCE = 16;

async function publish(options: PublishOptions, send: (order: DemoOrder) => Promise<void>): Promise<void> {
  const run = Date.now().toString(36);
  const orders = demoOrders({ ...options, run, random: Math.random });
  const counts = { order: 0, duplicate: 0, poison: 0 };
  const began = performance.now();
  let sent = 0;
  const line = (): string => {
    const seconds = (performance.now() - began) / 1000;
    return `${sent} of ${options.count}  ${(sent / Math.max(seconds, 0.001)).toFixed(1)}/s`;
  };
  const lane = async (): Promise<void> => {
    while (sent < options.count) {
      const index = sent++;
      const dueAt = began + (index / options.rate) * 1000;
      const wait = dueAt - performance.now();
      if (wait > 1) await delay(wait);
      const order = orders.next().value;
      await send(order);
      counts[order.kind]++;
      if (process.stdout.isTTY) process.stdout.write(`\r\u001b[K${line()}`);
    }
  };
  // Events of one order must not overtake one another on the way: one lane keeps them in order, more are for speed alone.
  await Promise.all(Array.from({ length: options.inOrder ? 1 : AT_ONCE }, lane));
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  console.log(
    `Sent ${line()}: ${counts.order} events, ${counts.duplicate} again, ${counts.poison} that are no orders.`,
  );
}

async function main(): Promise<number> {
  const parsed = parsePublishOptions(process.argv.slice(2), parseArgs);
  if (parsed.kind !== 'options') {
    if (parsed.kind === 'rejected') console.error(`${parsed.reason}\n`);
    (parsed.kind === 'help' ? console.log : console.error)(publishUsage);
    return parsed.kind === 'help' ? 0 : 2;
  }
  const checked = checkSettings(effectiveEnvironment(localSettings(root)));
  if (!checked.ok) {
    for (const reason of checked.reasons) console.error(reason);
    return EX_CONFIG;
  }
  const queue = createMessageQueue(createStorageClients(checked.config.storage));
  await publish(parsed.options, ({ text }) => queue.send(ORDERS_QUEUE, text));
  return 0;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(
      `The orders cannot be sent: ${error instanceof Error ? error.message.split('\n', 1)[0] : String(error)}`,
    );
    console.error('Is the storage running (npm start), and does AzureWebJobsStorage name it?');
    process.exitCode = 1;
  },
);
