/**
 * The WebAssembly of md5-lanes.ts: MD5 (RFC 1321) of four streams side by side in the lanes of 128-bit registers. One stream's
 * MD5 is a chain of dependent steps that leaves most of a core idle; eight of them fill it. Exports two functions with the
 * parameters (p0, p1, p2, p3, blocks), which take so many blocks of 64 bytes from each address: `four` into the chains `whole`
 * and `block`, `pair` into the chain `pair` alone. Memory is imported as `m.m`.
 */

/** Where the chains lie: four vectors (A, B, C, D) each, lane 0 first; then the 64 constants, each in all lanes. */
export const layout = { whole: 0, block: 64, pair: 128, constants: 192, end: 192 + 64 * 16 } as const;

export const initial = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476] as const;

export const sines: readonly number[] = Array.from(
  { length: 64 },
  (_, i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) >>> 0,
);

const SHIFTS = [
  [7, 12, 17, 22],
  [5, 9, 14, 20],
  [4, 11, 16, 23],
  [6, 10, 15, 21],
] as const;

type Code = readonly number[];

/** Opcodes (https://webassembly.github.io/spec/core/binary/instructions.html). */
const simd = (opcode: number, ...operands: Code): Code => [0xfd, ...unsigned(opcode), ...operands];
const get = (local: number): Code => [0x20, ...unsigned(local)];
const set = (local: number): Code => [0x21, ...unsigned(local)];
const tee = (local: number): Code => [0x22, ...unsigned(local)];
const number = (value: number): Code => [0x41, ...signed(value)];
const load = (offset: number): Code => simd(0x00, 0, ...unsigned(offset));
const store = (offset: number): Code => simd(0x0b, 0, ...unsigned(offset));
const [not, or, xor, select] = [simd(0x4d), simd(0x50), simd(0x51), simd(0x52)];
const [left, right, plus] = [simd(0xab), simd(0xad), simd(0xae)];
const [plusNumber, minusNumber] = [[0x6a], [0x6b]];
const [V128, I32] = [0x7b, 0x7f];

/** Parameters come first, then these. */
const BLOCKS = 4;
const CHAINS = [
  [5, 6, 7, 8],
  [9, 10, 11, 12],
] as const;
const BEFORE = [
  [13, 14, 15, 16],
  [17, 18, 19, 20],
] as const;
const WORDS = 21;
const SCRATCH = 37;
const LOCALS = 36;

export function md5LanesCode(): Uint8Array<ArrayBuffer> {
  const type = section(1, list([[0x60, ...list(Array<Code>(5).fill([I32])), 0]]));
  const memory = section(2, list([[...name('m'), ...name('m'), 2, 0, 1]]));
  const functions = section(3, list([[0], [0]]));
  const exported = section(
    7,
    list([
      [...name('four'), 0, 0],
      [...name('pair'), 0, 1],
    ]),
  );
  const bodies = [advance([layout.whole, layout.block]), advance([layout.pair])].map((code) => {
    const body = [...list([[...unsigned(LOCALS), V128]]), ...code];
    return [...unsigned(body.length), ...body];
  });
  const code = section(10, list(bodies));
  return Uint8Array.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...type, ...memory, ...functions, ...exported, ...code]);
}

/** The loop over blocks, for one or two chains whose states lie at these places. */
function advance(places: readonly number[]): Code {
  const every = (emit: (chain: number, register: number, i: number) => Code): Code =>
    places.flatMap((_, chain) => (CHAINS[chain] ?? []).flatMap((register, i) => emit(chain, register, i)));
  const before = (chain: number, i: number): number => BEFORE[chain]?.[i] ?? 0;
  return [
    ...every((chain, register, i) => [...number(0), ...load((places[chain] ?? 0) + 16 * i), ...set(register)]),
    ...[0x03, 0x40],
    ...every((chain, register, i) => [...get(register), ...set(before(chain, i))]),
    ...[0, 1, 2, 3].flatMap(fourWords),
    ...Array.from({ length: 64 }, (_, i) => step(i, places.length)).flat(),
    ...every((chain, register, i) => [...get(register), ...get(before(chain, i)), ...plus, ...set(register)]),
    ...[0, 1, 2, 3].flatMap((lane) => [...get(lane), ...number(64), ...plusNumber, ...set(lane)]),
    ...[...get(BLOCKS), ...number(1), ...minusNumber, ...tee(BLOCKS), 0x0d, 0, 0x0b],
    ...every((chain, register, i) => [...number(0), ...get(register), ...store((places[chain] ?? 0) + 16 * i)]),
    0x0b,
  ];
}

/** Words 4q to 4q+3 of the four streams, turned so that each vector holds one word of all. */
function fourWords(q: number): Code {
  const word = WORDS + 4 * q;
  const pick = (a: number, b: number, bytes: Code, to: number): Code => [
    ...get(a),
    ...get(b),
    ...simd(0x0d, ...bytes),
    ...set(to),
  ];
  const [t0, t1, t2, t3] = [SCRATCH, SCRATCH + 1, SCRATCH + 2, SCRATCH + 3];
  const low32 = [0, 1, 2, 3, 16, 17, 18, 19, 4, 5, 6, 7, 20, 21, 22, 23];
  const high32 = low32.map((byte) => byte + 8);
  const low64 = [0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, 21, 22, 23];
  const high64 = low64.map((byte) => byte + 8);
  return [
    ...[0, 1, 2, 3].flatMap((lane) => [...get(lane), ...load(16 * q), ...set(SCRATCH + lane)]),
    ...pick(t0, t1, low32, word),
    ...pick(t0, t1, high32, word + 2),
    ...pick(t2, t3, low32, word + 1),
    ...pick(t2, t3, high32, word + 3),
    ...pick(word, word + 1, low64, t0),
    ...pick(word, word + 1, high64, t1),
    ...pick(word + 2, word + 3, low64, t2),
    ...pick(word + 2, word + 3, high64, t3),
    ...[0, 1, 2, 3].flatMap((i) => [...get(SCRATCH + i), ...set(word + i)]),
  ];
}

/** Step i of the chains: a = b + rotate(a + f(b, c, d) + word + sine). What each register means moves on by one a step. */
function step(i: number, chains: number): Code {
  const round = i >> 4;
  const word = [i, 5 * i + 1, 3 * i + 5, 7 * i][round] ?? 0;
  const shift = SHIFTS[round as 0 | 1 | 2 | 3][(i % 4) as 0 | 1 | 2 | 3];
  const registers = (chain: number): number[] => [0, 1, 2, 3].map((n) => CHAINS[chain]?.[(n + 64 - i) % 4] ?? 0);
  return [
    ...get(WORDS + (word % 16)),
    ...[...number(0), ...load(layout.constants + 16 * i), ...plus, ...set(SCRATCH)],
    ...CHAINS.slice(0, chains).flatMap((_, chain) => {
      const [a = 0, b = 0, c = 0, d = 0] = registers(chain);
      const sum = SCRATCH + 1 + chain;
      return [
        ...[...get(a), ...get(SCRATCH), ...plus, ...mixed(round, b, c, d), ...plus, ...tee(sum)],
        ...[...number(shift), ...left, ...get(sum), ...number(32 - shift), ...right, ...or],
        ...[...get(b), ...plus, ...set(a)],
      ];
    }),
  ];
}

function mixed(round: number, b: number, c: number, d: number): Code {
  if (round === 0) return [...get(c), ...get(d), ...get(b), ...select];
  if (round === 1) return [...get(b), ...get(c), ...get(d), ...select];
  if (round === 2) return [...get(c), ...get(d), ...xor, ...get(b), ...xor];
  return [...get(d), ...not, ...get(b), ...or, ...get(c), ...xor];
}

/** LEB128 (https://webassembly.github.io/spec/core/binary/values.html#integers). */
function unsigned(value: number): Code {
  const low = value & 0x7f;
  const rest = value >>> 7;
  return rest === 0 ? [low] : [low | 0x80, ...unsigned(rest)];
}

function signed(value: number): Code {
  const low = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0);
  return last ? [low] : [low | 0x80, ...signed(rest)];
}

function list(items: readonly Code[]): Code {
  return [...unsigned(items.length), ...items.flat()];
}

function name(text: string): Code {
  return list([...text].map((c) => [c.charCodeAt(0)]));
}

function section(id: number, content: Code): Code {
  return [id, ...unsigned(content.length), ...content];
}
