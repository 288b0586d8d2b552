/** `npm run where -- NAME|ORDER|TRACE`: where a file or order is, in the terminal (C13). */
import type { Item } from '../src/domain/items/item';
import { messageOf } from '../src/telemetry/logger';
import { askApp } from './local/ask-app';
import { parseWhere, usage, type WhereOrder } from './where/where-options';
import { shownItem } from './where/where-text';

async function find({ app, queries }: WhereOrder): Promise<readonly Item[]> {
  for (const query of queries) {
    const { items } = await askApp<{ items: Item[] }>(app, 'GET', `/v1/items?${query}`);
    if (items.length > 0) return items;
  }
  return [];
}

async function main(): Promise<number> {
  const parsed = parseWhere(process.argv.slice(2), process.env);
  if (parsed.kind === 'help') {
    console.log(usage);
    return 0;
  }
  if (parsed.kind === 'rejected') {
    console.error(`${parsed.reason}\nAll options: npm run where -- --help`);
    return 2;
  }
  const { order } = parsed;
  const items = await find(order);
  for (const item of items) console.log(order.json ? JSON.stringify(item) : `${shownItem(item)}\n`);
  if (items.length > 0) return 0;
  console.error(
    `Nothing is known of ${JSON.stringify(order.asked)}: it did not come in, or longer ago than RETENTION_DAYS_ITEMS. Names are looked for whole, or by what follows their last slash.`,
  );
  return 1;
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    console.error(messageOf(error));
    process.exitCode = 1;
  },
);
