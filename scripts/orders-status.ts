/** `npm run orders:status [-- --url URL]`: what the orders pipeline does, live in the terminal; once where there is none. */
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { statusLine, type OrdersStatus } from './orders/status-line';

const EVERY_MS = 1_000;

async function status(url: string, key: string | undefined): Promise<OrdersStatus> {
  const answer = await fetch(`${url}/v1/status/orders`, key ? { headers: { 'x-functions-key': key } } : {});
  if (answer.ok) return (await answer.json()) as OrdersStatus;
  const { detail = '' } = (await answer.json().catch(() => ({}))) as { detail?: string };
  throw new Error(`${url} answered ${answer.status}. ${detail}`.trim());
}

/** Ends the process when they are wrong. */
function options(): { url?: string; key?: string } {
  try {
    return parseArgs({ options: { url: { type: 'string' }, key: { type: 'string' } } }).values;
  } catch (error) {
    console.error(`${(error as Error).message.split('. ', 1)[0]}\n\nnpm run orders:status [-- --url URL] [--key KEY]`);
    process.exit(2);
  }
}

async function main(): Promise<void> {
  const values = options();
  const url = (values.url ?? process.env['SLUICE_URL'] ?? 'http://localhost:7071').replace(/\/+$/, '');
  const key = values.key ?? process.env['SLUICE_KEY'];
  let before = await status(url, key);
  if (!process.stdout.isTTY) {
    console.log(statusLine(before, undefined, EVERY_MS));
    return;
  }
  for (;;) {
    await delay(EVERY_MS);
    const now = await status(url, key);
    process.stdout.write(`\r\u001b[K${statusLine(now, before, EVERY_MS)}`);
    before = now;
  }
}

main().catch((error: unknown) => {
  const { message, cause } = error as Error & { cause?: { message?: string } };
  console.error(
    `${message}${cause?.message ? ` (${cause.message})` : ''}. Is the app running (npm start), and --url its address?`,
  );
  process.exitCode = 1;
});
