import fc from 'fast-check';
import { safeBlobName } from '../../../../../src/domain/media/safe-name';

const unique = 'abcd2345efgh';

describe('safeBlobName', () => {
  it.each([
    ['heyo.png', 'heyo-abcd2345efgh.png'],
    ['My Holiday (1).JPG', 'My-Holiday-1-abcd2345efgh.jpg'],
    ['../../etc/passwd', 'passwd-abcd2345efgh'],
    ['C:\\temp\\x.png', 'x-abcd2345efgh.png'],
    ['łódź.png', 'łodz-abcd2345efgh.png'],
    ['漢字.pdf', '漢字-abcd2345efgh.pdf'],
    ['a\u202egnp.exe', 'a-gnp-abcd2345efgh.exe'],
    ['..', 'file-abcd2345efgh'],
    ['', 'file-abcd2345efgh'],
    ['a\u0000b\nc.png', 'a-b-c-abcd2345efgh.png'],
    ['.hidden', 'hidden-abcd2345efgh'],
    ['x.tar.gz', 'x.tar-abcd2345efgh.gz'],
    ['x.averyveryverylongextension', 'x.averyveryverylongextension-abcd2345efgh'],
  ])('makes %j into %j', (name, expected) => {
    expect(safeBlobName(name, unique)).toBe(expected);
  });

  it('is bounded and holds only safe characters, whatever comes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string({ unit: 'binary', maxLength: 300 }), fc.constant('x'.repeat(10_000))), (name) => {
        const safe = safeBlobName(name, unique);
        expect([...safe].length).toBeLessThanOrEqual(140);
        expect(safe).toMatch(/^[\p{L}\p{N}._-]+$/u);
        expect(safe).not.toContain('..');
        expect(safe).toContain(unique);
      }),
    );
  });
});
