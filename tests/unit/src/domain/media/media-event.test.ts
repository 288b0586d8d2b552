import { decideMediaEvent, mediaId, quotedEtag } from '../../../../../src/domain/media/media-event';
import type { StorageEvent } from '../../../../../src/domain/storage-event';

const event = (over: Partial<StorageEvent> = {}): StorageEvent => ({
  id: '1',
  type: 'Microsoft.Storage.BlobCreated',
  subject: '/blobServices/default/containers/rawfiles/blobs/dir/a b.png',
  source: '/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/MyAccount',
  time: '2026-01-01T00:00:00Z',
  data: { eTag: '0x8D1', sequencer: '0A', api: 'PutBlob' },
  original: '{}',
  ...over,
});

describe('decideMediaEvent', () => {
  it('takes a blob of rawfiles, slashes and spaces in its name included', () => {
    expect(decideMediaEvent(event(), 'myaccount')).toEqual({
      kind: 'process',
      item: {
        id: mediaId('rawfiles', 'dir/a b.png'),
        container: 'rawfiles',
        name: 'dir/a b.png',
        etag: '"0x8D1"',
        sequencer: '0A',
      },
    });
  });

  it.each([
    ['wrong-event-type', { type: 'Microsoft.Storage.BlobDeleted' }],
    ['wrong-event-type', { type: 'Microsoft.EventGrid.SubscriptionValidationEvent' }],
    ['wrong-subject', { subject: '/fileServices/default' }],
    ['wrong-subject', { subject: '/blobServices/default/containers/rawfiles/blobs/' }],
    ['unsafe-name', { subject: '/blobServices/default/containers/rawfiles/blobs/../private/secret.txt' }],
    ['unsafe-name', { subject: '/blobServices/default/containers/rawfiles/blobs/a/./b' }],
    ['unsafe-name', { subject: `/blobServices/default/containers/rawfiles/blobs/${'x'.repeat(1025)}` }],
    ['other-container', { subject: '/blobServices/default/containers/other/blobs/x' }],
    ['other-account', { source: '/subscriptions/s/providers/Microsoft.Storage/storageAccounts/another' }],
    ['not-committed', { data: { api: 'CreateFile' } }],
  ])('skips with reason %s', (reason, over) => {
    expect(decideMediaEvent(event(over), 'myaccount')).toMatchObject({ kind: 'skipped', reason });
  });

  it('trusts the queue when the event names no account', () => {
    expect(decideMediaEvent(event({ source: '' }), 'myaccount').kind).toBe('process');
  });
});

describe('mediaId', () => {
  it('is 22 characters of base64url and depends on container and name', () => {
    expect(mediaId('rawfiles', 'a')).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(mediaId('rawfiles', 'a')).not.toBe(mediaId('rawfiles', 'b'));
  });
});

describe('quotedEtag', () => {
  it.each([
    ['0x1', '"0x1"'],
    ['"0x1"', '"0x1"'],
    ['W/"0x1"', '"0x1"'],
    ['', ''],
    [undefined, ''],
  ])('makes %j into %j', (etag, expected) => expect(quotedEtag(etag)).toBe(expected));
});
