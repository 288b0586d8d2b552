/** `npm run orders:downstream -- …`: a fulfilment service to try orders on by hand, which fails as it is told to. */
import { parseArgs } from 'node:util';
import { downstreamUsage, parseDownstreamOptions } from './orders/downstream-options';
import { startMockDownstream } from './orders/mock-downstream';

const EVERY_MS = 1_000;
const EX_USAGE = 2;

async function main(): Promise<number> {
  const parsed = parseDownstreamOptions(process.argv.slice(2), parseArgs);
  if (parsed.kind === 'help') {
    console.log(downstreamUsage);
    return 0;
  }
  if (parsed.kind === 'rejected') {
    console.error(`${parsed.reason}. All options: npm run orders:downstream -- --help`);
    return EX_USAGE;
  }
  const { port, ...behaviour } = parsed.options;
  const downstream = await startMockDownstream(port);
  downstream.behave(behaviour);
  const counts = (): string =>
    `${downstream.taken.size} taken, ${downstream.requests()} requests, ${downstream.repeated()} for what was taken before`;
  console.log(`Taking orders at ${downstream.url} (start the app with ORDERS_CALLBACK_URL=${downstream.url})`);
  const shown = process.stdout.isTTY
    ? setInterval(() => process.stdout.write(`\r\u001b[K${counts()}`), EVERY_MS)
    : undefined;
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  clearInterval(shown);
  if (process.stdout.isTTY) process.stdout.write('\r\u001b[K');
  console.log(counts());
  await downstream.stop();
  return 0;
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { code, message } = error as NodeJS.ErrnoException;
    console.error(code === 'EADDRINUSE' ? `${message}. Name another port with --port.` : message);
    process.exit(1);
  },
);
