import {
  blobEventOf,
  isAddressable,
  parseBlobEvent,
  versionId,
} from '../../../../../src/domain/blob-events/blob-event';
import { fromEnvelope, knownHeaders, toEnvelope } from '../../../../../src/domain/blob-events/delivery';
import { errorMessage } from '../../../../../src/domain/blob-events/given-up';
import { URL_NAMESPACE, uuidV5 } from '../../../../../src/domain/uuid-v5';

const id = versionId('account', 'incoming', '2024/07/15/invoice.pdf', '"0x8D1"');
const event = blobEventOf(id, '2024/07/15/invoice.pdf', Date.UTC(2025, 6, 15, 12));

describe('the id of a version', () => {
  it('is a UUID of version 5', () => {
    // Of RFC 9562, appendix A.4, in another namespace.
    expect(uuidV5('6ba7b810-9dad-11d1-80b4-00c04fd430c8', 'www.example.com')).toBe(
      '2ed6657d-e927-568b-95e1-2665a8aea6a2',
    );
    expect(id).toBe(uuidV5(URL_NAMESPACE, 'account/incoming/2024/07/15/invoice.pdf/0x8D1'));
  });

  it('is the same for a bare and a quoted ETag, and another for everything else that differs', () => {
    expect(versionId('account', 'incoming', 'a', '0x1')).toBe(versionId('account', 'incoming', 'a', '"0x1"'));
    const others = [
      versionId('account', 'incoming', 'a', '0x1'),
      versionId('account', 'incoming', 'a', '0x2'),
      versionId('account', 'incoming', 'b', '0x1'),
      versionId('other', 'incoming', 'a', '0x1'),
    ];
    expect(new Set(others).size).toBe(4);
  });
});

describe('the message for a version', () => {
  it('is as the source document has it', () => {
    expect(event).toEqual({
      container: 'incoming',
      path: '2024/07/15/',
      blob: 'invoice.pdf',
      dest: `processed/${id}-invoice.pdf`,
      timestamp: '2025-07-15T12:00:00.000Z',
    });
  });

  it.each(['a', 'dir/', 'a/b/c.txt', 'ü/日本.txt', `${'d'.repeat(20)}/${'x'.repeat(1003)}`, '😀'.repeat(512)])(
    'can be read back, whatever the name (%#)',
    (name) => {
      expect(isAddressable(name)).toBe(true);
      const made = blobEventOf(id, name, 0);
      const parsed = parseBlobEvent(JSON.stringify(made));
      expect(parsed).toEqual({
        kind: 'move',
        move: { id, name, destination: made.dest.slice('processed/'.length) },
      });
      expect(made.dest.length - 'processed/'.length).toBeLessThanOrEqual(1024);
      expect(/\p{Surrogate}/u.test(made.dest)).toBe(false);
    },
  );
});

describe('a hostile message', () => {
  const changed = (fields: Readonly<Record<string, unknown>>): string => JSON.stringify({ ...event, ...fields });
  const without = (field: string): string => JSON.stringify({ ...event, [field]: undefined });

  it.each([
    ['', 'MESSAGE_UNPARSABLE'],
    ['{"container":', 'MESSAGE_UNPARSABLE'],
    ['null', 'BLOB_EVENT_INVALID'],
    ['[]', 'BLOB_EVENT_INVALID'],
    ['"text"', 'BLOB_EVENT_INVALID'],
    ['['.repeat(30_000), 'MESSAGE_UNPARSABLE'],
    [' '.repeat(5 * 1024 * 1024), 'MESSAGE_TOO_LARGE'],
    [without('container'), 'BLOB_EVENT_INVALID'],
    [without('blob'), 'BLOB_EVENT_INVALID'],
    [without('dest'), 'BLOB_EVENT_INVALID'],
    [without('timestamp'), 'BLOB_EVENT_INVALID'],
    [changed({ blob: 7 }), 'BLOB_EVENT_INVALID'],
    [changed({ path: '2024/07/15' }), 'BLOB_EVENT_INVALID'],
    [changed({ path: '../' }), 'BLOB_EVENT_INVALID'],
    [changed({ path: 'a/./' }), 'BLOB_EVENT_INVALID'],
    [changed({ blob: '..' }), 'BLOB_EVENT_INVALID'],
    [changed({ blob: 'a/b' }), 'BLOB_EVENT_INVALID'],
    [changed({ blob: '', path: '' }), 'BLOB_EVENT_INVALID'],
    [changed({ blob: 'x'.repeat(10_000) }), 'BLOB_EVENT_INVALID'],
    [changed({ blob: '\ud800' }), 'BLOB_EVENT_INVALID'],
    [changed({ container: 'rawfiles' }), 'BLOB_CONTAINER_REFUSED'],
    [changed({ container: '' }), 'BLOB_CONTAINER_REFUSED'],
    [changed({ container: '../incoming' }), 'BLOB_CONTAINER_REFUSED'],
    [changed({ dest: 'processed/invoice.pdf' }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `processed/../incoming/${id}-invoice.pdf` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `processed/${id}-../x` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `processed/${id}-other.pdf` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `rawfiles/${id}-invoice.pdf` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `/processed/${id}-invoice.pdf` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `processed/${id.toUpperCase()}-invoice.pdf` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `processed/${id}-invoice.pdf?x` }), 'BLOB_DESTINATION_REFUSED'],
    [changed({ dest: `https://evil/processed/${id}-invoice.pdf` }), 'BLOB_DESTINATION_REFUSED'],
  ])('is refused (%#)', (text, code) => {
    expect(parseBlobEvent(text)).toMatchObject({ kind: 'rejected', code });
  });

  it('may have fields of its own', () => {
    expect(parseBlobEvent(changed({ extra: 1 }))).toMatchObject({ kind: 'move' });
    expect(parseBlobEvent(`\uFEFF${changed({})}`)).toMatchObject({ kind: 'move' });
  });
});

describe('an envelope', () => {
  const traceparent = `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`;

  it('gives back text and headers', () => {
    const text = JSON.stringify(event);
    const wrapped = toEnvelope(text, { trace_id: 'x', traceparent, etag: '0x1', retries: 2 });
    expect(fromEnvelope(wrapped)).toEqual({ text, headers: { traceparent, etag: '0x1', retries: 2 } });
    expect(fromEnvelope(text)).toEqual({ text, headers: { retries: 0 } });
    expect(fromEnvelope('no JSON')).toEqual({ text: 'no JSON', headers: { retries: 0 } });
  });

  it('and what is in it can be put into another, also where its writer began with a byte-order mark', () => {
    const text = JSON.stringify(event);
    for (const marked of [`\uFEFF${text}`, `\uFEFF${toEnvelope(text, { etag: '0x1' })}`]) {
      const delivery = fromEnvelope(marked);
      expect(fromEnvelope(toEnvelope(delivery.text, { etag: '0x1' }))).toEqual({
        text,
        headers: { etag: '0x1', retries: 0 },
      });
    }
  });

  it.each([undefined, null, 7, 'x', [], { traceparent: 'x', etag: 'a"b', retries: -1 }, { etag: '\r\n', retries: {} }])(
    'takes nothing from headers that are %j',
    (headers) => {
      expect(knownHeaders(headers)).toEqual({ retries: 0 });
    },
  );
});

describe('a message for the error queue', () => {
  const failure = { error: 'why', stack: 'at x', code: 'MOVE_FAILED' as const };

  it('is the original plus error, stacktrace and the id of its dead letter', () => {
    const text = JSON.stringify(event);
    const told = { error: 'why', stacktrace: 'at x', code: 'MOVE_FAILED', dead_letter_id: 'd1' };
    expect(JSON.parse(errorMessage({ ...failure, text }, 'd1'))).toEqual({ ...event, ...told });
    expect(JSON.parse(errorMessage({ ...failure, text: 'no JSON' }, 'd1'))).toEqual({ message: 'no JSON', ...told });
    expect(JSON.parse(errorMessage({ ...failure, text: '[1]' }, 'd1'))).toEqual({ message: '[1]', ...told });
  });

  it.each([
    ' '.repeat(5 * 1024 * 1024),
    JSON.stringify({ big: '\u0001'.repeat(20_000) }),
    'ü'.repeat(40_000),
    // Written out, each has four times as many digits.
    `{"big":[${Array<string>(7_000).fill('1e20').join(',')}]}`,
  ])('fits into a queue, whatever the original is (%#)', (text) => {
    const made = errorMessage({ ...failure, text, error: 'ü'.repeat(9_000), stack: '日'.repeat(9_000) }, 'd1');
    expect(Buffer.byteLength(made)).toBeLessThan(48 * 1024);
    expect(JSON.parse(made)).toMatchObject({ dead_letter_id: 'd1' });
  });
});
