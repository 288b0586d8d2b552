/** The MD5 of four files side by side against Node's own, whatever their lengths and however many of them there are. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { LANES, Md5Lanes, STEP } from '../../../../../src/adapters/share/md5-lanes';

const LANE_BYTES = 512;
const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex');

/** Hashes each file in its lane, `block` bytes a block, and gives its MD5 and those of its blocks. */
function hashed(lanes: Md5Lanes, files: readonly Uint8Array[], block: number): { whole: string; blocks: string[] }[] {
  const results = files.map(() => ({ whole: '', blocks: [] as string[] }));
  const at = files.map((_, lane) => (lanes.begin(lane, 'whole'), lanes.begin(lane, 'block'), 0));
  while (results.some(({ whole }) => whole === '')) {
    const pieces = files.map((file, lane) => {
      if (results[lane]!.whole !== '') return undefined;
      const inBlock = at[lane]! % block;
      const piece = file.subarray(at[lane], at[lane]! + Math.min(LANE_BYTES, block - inBlock));
      lanes.memory(lane).set(piece);
      return piece;
    });
    lanes.advance(pieces.map((piece) => piece?.length ?? 0));
    for (const [lane, piece] of pieces.entries()) {
      if (!piece) continue;
      const [file, result] = [files[lane]!, results[lane]!];
      at[lane]! += piece.length;
      const tail = piece.subarray(piece.length - (piece.length % STEP));
      const ended = at[lane] === file.length;
      if (piece.length > 0 && (ended || at[lane]! % block === 0)) {
        result.blocks.push(lanes.digest(lane, 'block', tail, at[lane]! % block || block));
        lanes.begin(lane, 'block');
      }
      if (ended) result.whole = lanes.digest(lane, 'whole', tail, file.length);
    }
  }
  return results;
}

function expected(file: Uint8Array, block: number): { whole: string; blocks: string[] } {
  const blocks: string[] = [];
  for (let at = 0; at < file.length; at += block) blocks.push(md5(file.subarray(at, at + block)));
  return { whole: md5(file), blocks };
}

it('is MD5, for one to four files of any length, as a whole and block by block', () => {
  const lanes = new Md5Lanes(LANE_BYTES);
  const lengths = fc.oneof(fc.nat(5_000), fc.constantFrom(0, 1, 55, 56, 63, 64, 65, 1024, 2048));
  fc.assert(
    fc.property(fc.array(lengths, { minLength: 1, maxLength: LANES }), fc.nat(), (sizes, seed) => {
      const files = sizes.map((size, i) =>
        Uint8Array.from({ length: size }, (_, at) => (at * 31 + seed + i * 7) % 251),
      );
      expect(hashed(lanes, files, 1024)).toEqual(files.map((file) => expected(file, 1024)));
    }),
  );
});

it('gives the digests of RFC 1321, with a length beyond 32 bits of bits', () => {
  const lanes = new Md5Lanes(LANE_BYTES);
  lanes.begin(2, 'whole');
  expect(lanes.digest(2, 'whole', Buffer.from('message digest'), 14)).toBe('f96b697d7cb7938d525a2f31aaf161d0');
  // 600 MB of zeros: more bits than 32 bits can count.
  const step = new Md5Lanes(1024 * 1024);
  const other = createHash('md5');
  const zeros = Buffer.alloc(1024 * 1024);
  step.begin(0, 'whole');
  for (let i = 0; i < 600; i++) {
    step.advance([zeros.length, 0, 0, 0]);
    other.update(zeros);
  }
  expect(step.digest(0, 'whole', new Uint8Array(), 600 * zeros.length)).toBe(other.digest('hex'));
});
