import fc from 'fast-check';
import { parseStorageEvents } from '../../../../src/domain/storage-event';

const eventGrid = {
  topic: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/acc',
  subject: '/blobServices/default/containers/rawfiles/blobs/x.png',
  eventType: 'Microsoft.Storage.BlobCreated',
  id: '1',
  data: {
    api: 'PutBlob',
    eTag: '0x8D',
    contentType: 'image/png',
    contentLength: 5,
    url: 'https://acc/x',
    sequencer: '01',
    extra: { kept: true },
  },
  dataVersion: '',
  metadataVersion: '1',
  eventTime: '2026-01-01T00:00:00Z',
};
const cloudEvent = {
  specversion: '1.0',
  id: '2',
  type: 'Microsoft.Storage.BlobCreated',
  source: eventGrid.topic,
  subject: eventGrid.subject,
  time: '2026-01-01T00:00:00Z',
  data: eventGrid.data,
};

describe('parseStorageEvents', () => {
  it('reads events as Event Grid keeps those that it could not deliver', () => {
    // https://learn.microsoft.com/azure/event-grid/manage-event-delivery, by its example.
    const kept = {
      ...eventGrid,
      ...{ deadLetterReason: 'MaxDeliveryAttemptsExceeded', deliveryAttempts: 30 },
      ...{ lastDeliveryOutcome: 'NotFound', publishTime: eventGrid.eventTime, lastDeliveryAttemptTime: '2026-01-02' },
    };
    expect(parseStorageEvents(JSON.stringify([kept]))).toMatchObject({ kind: 'events', events: [{ id: '1' }] });
  });

  it('reads an Event Grid event and keeps the original', () => {
    const parsed = parseStorageEvents(JSON.stringify(eventGrid));
    expect(parsed).toMatchObject({
      kind: 'events',
      events: [{ id: '1', source: eventGrid.topic, data: { eTag: '0x8D', sequencer: '01' } }],
    });
    if (parsed.kind === 'events') expect(JSON.parse(parsed.events[0]!.original)).toEqual(eventGrid);
  });

  it('reads CloudEvents, alone and mixed in a batch', () => {
    expect(parseStorageEvents(JSON.stringify([cloudEvent, eventGrid]))).toMatchObject({
      kind: 'events',
      events: [{ id: '2' }, { id: '1' }],
    });
  });

  it.each([
    ['MESSAGE_UNPARSABLE', 'not json'],
    ['MESSAGE_UNPARSABLE', ''],
    ['MESSAGE_UNPARSABLE', '{"a":'],
    ['EVENT_INVALID', '[]'],
    ['EVENT_INVALID', 'null'],
    ['EVENT_INVALID', '7'],
    ['EVENT_INVALID', '{}'],
    ['EVENT_INVALID', JSON.stringify({ ...cloudEvent, specversion: '2.0' })],
    ['EVENT_INVALID', JSON.stringify([eventGrid, { id: 'half' }])],
    ['EVENT_INVALID', JSON.stringify({ ...eventGrid, data: 'text' })],
  ])('rejects with %s: %s', (code, text) => expect(parseStorageEvents(text)).toMatchObject({ kind: 'rejected', code }));

  it('never throws, whatever the text', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void parseStorageEvents(text)));
  });
});
