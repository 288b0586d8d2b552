import { compareSequencers, decideCopy } from '../../../../../src/domain/media/blob-version';

describe('compareSequencers', () => {
  it('compares as hexadecimal text of equal length', () => {
    expect(compareSequencers('0A', '0b')).toBe(-1);
    expect(compareSequencers('1', '0001')).toBe(0);
    expect(compareSequencers('10', '0F')).toBe(1);
    expect(compareSequencers('', '01')).toBe(-1);
  });
});

describe('decideCopy', () => {
  const standing = (over: object) => ({ sourceEtag: '"2"', sequencer: '02', state: 'success' as const, ...over });
  it.each([
    ['copy', { etag: '"1"', sequencer: '01' }, undefined],
    ['done', { etag: '"2"', sequencer: '02' }, standing({})],
    ['wait', { etag: '"2"', sequencer: '02' }, standing({ state: 'pending' })],
    ['superseded', { etag: '"1"', sequencer: '01' }, standing({})],
    ['superseded', { etag: '"1"', sequencer: '01' }, standing({ state: 'pending' })],
    ['copy', { etag: '"3"', sequencer: '03' }, standing({})],
    ['wait', { etag: '"3"', sequencer: '03' }, standing({ state: 'pending' })],
    ['copy', { etag: '"3"', sequencer: '' }, standing({})],
    ['copy', { etag: '"2"', sequencer: '02' }, standing({ state: 'broken' })],
    ['copy', { etag: '', sequencer: '03' }, standing({ sourceEtag: '' })],
  ])('says %s', (expected, incoming, found) => expect(decideCopy(incoming, found)).toBe(expected));
});
