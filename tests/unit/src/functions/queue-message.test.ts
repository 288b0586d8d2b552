/** Messages as the host hands them over, whose JSON fields stand over the trigger's own metadata. */
import type { InvocationContext } from '@azure/functions';
import { deadLetterId, isDeadLetterId } from '../../../../src/domain/dead-letter';
import { rabbitBlobEvent } from '../../../../src/functions/blob-event-message';
import { queueMessageOf } from '../../../../src/functions/queue-message';

const contextWith = (triggerMetadata: Readonly<Record<string, unknown>>): InvocationContext =>
  ({ invocationId: 'run', triggerMetadata }) as unknown as InvocationContext;

describe('a queue message', () => {
  it('has the time that the queue gave it', () => {
    const inserted = '2031-02-03T04:05:06.000Z';
    const later = Date.parse(inserted) + 60_000;
    jest.spyOn(Date, 'now').mockReturnValue(later);
    for (const insertionTime of [inserted, new Date(inserted)])
      expect(queueMessageOf('', contextWith({ insertionTime })).insertedMs).toBe(Date.parse(inserted));
    jest.restoreAllMocks();
  });

  it.each(['+200000-01-01T00:00:00Z', '-000100-01-01T00:00:00Z', '9999-12-31T00:00:00Z', 'soon', 7, {}])(
    'whose field insertionTime is %j comes now, so that its dead letter can be asked for',
    (insertionTime) => {
      const before = Date.now();
      const { insertedMs } = queueMessageOf('', contextWith({ insertionTime }));
      expect(insertedMs).toBeGreaterThanOrEqual(before);
      expect(insertedMs).toBeLessThanOrEqual(Date.now());
      expect(isDeadLetterId(deadLetterId(insertedMs, 'x'))).toBe(true);
    },
  );
});

describe('a message of RabbitMQ', () => {
  it('is the JSON alone, without the byte-order mark that its writer began with', () => {
    const headers = { etag: Buffer.from('0x1').toString('base64') };
    const body = Buffer.from('\uFEFF{"a":1}');
    expect(rabbitBlobEvent(body, contextWith({ basicProperties: { messageId: 'm', headers } }))).toMatchObject({
      ...{ id: 'm', text: '{"a":1}', raw: '{"headers":{"etag":"0x1"},"message":{"a":1}}' },
      headers: { etag: '0x1', retries: 0 },
    });
  });
});
