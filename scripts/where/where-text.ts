/** Items as a terminal shows them. What came from outside is shown without its control characters. */
import type { Item } from '../../src/domain/items/item';
import { printable } from '../dead-letters/dead-letter-text';

/** Its name and state in the first line; then what is known, and what to do. */
export function shownItem(item: Item): string {
  const { pipeline, name, tenantId, orderId, requestId, state, since, detail, attempts, instanceId, traceId, next } =
    item;
  const what = name ?? [tenantId, orderId, requestId].filter((id) => id !== undefined).join('/');
  const rows: readonly (readonly [string, string | number | undefined])[] = [
    ['detail', detail],
    ['tries', attempts],
    ['dead letter', item.deadLetterId],
    ['instance', instanceId],
    ['trace', traceId],
    ['was', item.history.map((one) => `${one.state} ${timeOf(one.at)}`).join(', ')],
    ['next', next],
  ];
  return [
    `${printable(what)}  ${pipeline}  ${state} since ${timeOf(since)}`,
    ...rows.flatMap(([label, value]) =>
      value === undefined || value === '' ? [] : [`  ${label.padEnd(11)}  ${printable(String(value))}`],
    ),
  ].join('\n');
}

function timeOf(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ');
}
