/** Payloads that somebody could send instead of an order, and some that are orders, made from a seed. */
import type { SeededRandom } from './seeded-random';

const MEBIBYTE = 1024 * 1024;
const FIELDS = ['schemaVersion', 'tenantId', 'orderId', 'requestId', 'sequence', 'status'] as const;

type Make = (random: SeededRandom) => Buffer;

/** As the text of a JSON value. */
const VALUES = [
  ...['null', 'true', '0', '-0', '-1', '1.5', '1e400', '-1e400', '9007199254740993', '1e21', `1${'0'.repeat(400)}`],
  ...['""', '[]', '{}', '["a"]', '{"a":1}', '"1"', '"\\u0000"', '"\\ud800"', '"\\u202e"', '"\\u2028"', '"Ω≈ç"'],
  ...[
    `"${'x'.repeat(200)}"`,
    `"${'x'.repeat(201)}"`,
    `"${'x'.repeat(10_000)}"`,
    '"../x"',
    '"\'; drop"',
    '"a:b"',
    '"\\n"',
  ],
];
const VERSIONS = ['1', '1.', '1.0', '1.7', '1.0.0', '2.0', '0.9', '1.x', ' 1.0', '1.0 ', '1.1234567', '1.0\\n', '१.0'];
/** Whole payloads that are no object. */
const ROOTS = [
  '',
  ' ',
  'null',
  'true',
  '0',
  '"text"',
  '[]',
  '[[]]',
  'undefined',
  'NaN',
  '{',
  '}',
  '{}',
  '{,}',
  '\u0000',
];

const makes: readonly (readonly [name: string, make: Make])[] = [
  ['an order', (random) => json(fieldsOf(random))],
  ['an order with unknown fields', (random) => json({ ...fieldsOf(random), extra: '{"a":[1,{"b":null}],"n":1e999}' })],
  ['truncated', (random) => cut(json(fieldsOf(random)), random)],
  ['bytes changed', changed],
  ['random bytes', (random) => random.bytes(random.below(200))],
  [
    'not UTF-8',
    (random) => splice(json(fieldsOf(random)), Buffer.from(random.pick(['80', 'ff', 'c328', 'eda080']), 'hex'), random),
  ],
  ['UTF-16', (random) => Buffer.from(`\ufeff${json(fieldsOf(random)).toString()}`, 'utf16le')],
  ['a byte order mark', (random) => Buffer.concat([Buffer.from('efbbbf', 'hex'), json(fieldsOf(random))])],
  ['another type', (random) => json({ ...fieldsOf(random), [random.pick(FIELDS)]: random.pick(VALUES) })],
  ['another version', (random) => json({ ...fieldsOf(random), schemaVersion: `"${random.pick(VERSIONS)}"` })],
  ['a field less', (random) => json({ ...fieldsOf(random), [random.pick(FIELDS)]: undefined })],
  ['a huge sequence', (random) => json({ ...fieldsOf(random), sequence: random.pick(VALUES.slice(0, 11)) })],
  ['a field twice', twice],
  ['__proto__', polluting],
  ['nested deep', nested],
  ['no object', (random) => Buffer.from(random.pick(ROOTS))],
  ['two values', (random) => Buffer.concat([json(fieldsOf(random)), json(fieldsOf(random))])],
];

/** Some 1 in 500 is about a mebibyte long. */
export function hostileOrder(random: SeededRandom): { readonly name: string; readonly payload: Buffer } {
  if (random.below(500) === 0) return { name: 'a mebibyte', payload: large(random) };
  const [name, make] = random.pick(makes);
  return { name, payload: make(random) };
}

/** Texts of JSON values. Ids are random enough that a changed byte makes no other one of them. */
function fieldsOf(random: SeededRandom): Record<string, string | undefined> {
  const id = (): string => `"${random.bytes(10).toString('hex')}"`;
  return {
    schemaVersion: '"1.0"',
    tenantId: id(),
    orderId: id(),
    requestId: id(),
    ...(random.next() < 0.3 ? { sequence: String(1 + random.below(3)) } : {}),
    ...(random.next() < 0.3 ? { status: '"paid"' } : {}),
  };
}

function json(fields: Readonly<Record<string, string | undefined>>): Buffer {
  const pairs = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`"${name}":${value}`]));
  return Buffer.from(`{${pairs.join(',')}}`);
}

function cut(bytes: Buffer, random: SeededRandom): Buffer {
  return bytes.subarray(0, random.below(bytes.length));
}

function splice(bytes: Buffer, more: Buffer, random: SeededRandom): Buffer {
  const at = random.below(bytes.length + 1);
  return Buffer.concat([bytes.subarray(0, at), more, bytes.subarray(at)]);
}

function changed(random: SeededRandom): Buffer {
  const bytes = Buffer.from(json(fieldsOf(random)));
  for (let i = 0; i <= random.below(5); i++) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

function twice(random: SeededRandom): Buffer {
  const first = json({ [random.pick(FIELDS)]: random.pick(VALUES) }).toString();
  const second = json(fieldsOf(random)).toString();
  return Buffer.from(
    random.next() < 0.5 ? `${first.slice(0, -1)},${second.slice(1)}` : `${second.slice(0, -1)},${first.slice(1)}`,
  );
}

function polluting(random: SeededRandom): Buffer {
  const fields = fieldsOf(random);
  const name = random.pick(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON']);
  const inner = random.pick([json(fields).toString(), '{"polluted":true}', '{"prototype":{"polluted":true}}', 'null']);
  const outer = json(random.next() < 0.5 ? fields : { x: '1' }).toString();
  return Buffer.from(`${outer.slice(0, -1)},"${name}":${inner}}`);
}

function nested(random: SeededRandom): Buffer {
  const depth = random.below(20) === 0 ? 100_000 : random.pick([10, 1_000]);
  const [open, close] = random.next() < 0.5 ? ['[', ']'] : ['{"a":', '}'];
  const value = `${open.repeat(depth)}1${random.next() < 0.8 ? close.repeat(depth) : ''}`;
  return random.next() < 0.3
    ? Buffer.from(value)
    : json({ ...fieldsOf(random), [random.next() < 0.5 ? 'extra' : random.pick(FIELDS)]: value });
}

function large(random: SeededRandom): Buffer {
  const fields = fieldsOf(random);
  const rest = MEBIBYTE - json({ ...fields, note: '""' }).length + random.below(3) - 1;
  const letter = random.pick(['x', '\\n', 'é', ' ']);
  return json({ ...fields, note: `"${letter.repeat(Math.floor(rest / letter.length))}"` });
}
