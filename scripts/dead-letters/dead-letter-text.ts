/** Dead letters as a terminal shows them. What came from outside is shown without its control characters. */
import type { DeadLetter, DeadLetterWithBody } from '../../src/domain/dead-letter';

/** `2026-01-31 12:00:05  orders  ORDER_REFUSED  5 tries  acme/o-17  the first line of the error`, and the id below. */
export function listed(letter: DeadLetter): string {
  const { id, createdAt, pipeline, code, attempts, state, error } = letter;
  const tries = attempts === 1 ? '1 try' : `${attempts} tries`;
  const closed = state === 'open' ? '' : `  ${state}`;
  return [
    `${createdAt.slice(0, 19).replace('T', ' ')}  ${pipeline}  ${code}  ${tries}${closed}  ${printable(about(letter))}`,
    `  ${printable(firstLine(error))}`,
    `  ${id}`,
  ].join('\n');
}

const SHOWN_BYTES = 8_192;

export function shown(letter: DeadLetterWithBody): string {
  const { message, keys, error, stack, ...facts } = letter;
  const rows: readonly (readonly [string, unknown])[] = [
    ...Object.entries(facts),
    ...Object.entries(keys).map(([key, value]) => [`key ${key}`, value] as const),
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const body = message.length > SHOWN_BYTES ? `${message.slice(0, SHOWN_BYTES)} …` : message;
  return [
    ...rows.map(([name, value]) => `${name.padEnd(width)}  ${printable(String(value))}`),
    ...['', 'error', indented(error)],
    ...(stack === undefined ? [] : ['', 'stack', indented(stack)]),
    ...['', `message (${message.length} characters; all of it by --json)`, indented(body)],
  ].join('\n');
}

/** What the letter is about: the pipeline's own keys, the most telling first. */
function about({ keys }: DeadLetter): string {
  const order = [keys['tenantId'], keys['orderId'], keys['requestId']].filter((key) => key !== undefined);
  if (order.length > 0) return order.join('/');
  return keys['blob'] ?? keys['file'] ?? keys['path'] ?? keys['messageId'] ?? keys['instanceId'] ?? '';
}

function firstLine(text: string): string {
  return (text.split('\n', 1)[0] ?? '').slice(0, 300);
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${printable(line)}`)
    .join('\n');
}

/** A message must not move the cursor or set the title of the terminal that shows it. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\uFFFD');
}
