/**
 * MD5 of up to four files at once, of each as a whole and block by block, several times as fast as one after the other: see
 * md5-lanes-code.ts. A lane's bytes are put into its memory and taken from there. Invariant: a call moves on only the lanes
 * that it names, by whole steps of 64 bytes; what is left of a file's end is told to `whole`.
 */
import { initial, layout, md5LanesCode, sines } from './md5-lanes-code';

export const LANES = 4;
/** Bytes that MD5 takes at a time. */
export const STEP = 64;
const PAGE = 65_536;

type Advance = (p0: number, p1: number, p2: number, p3: number, steps: number) => void;

/** As much of it as is used here; Node's own types leave it to the browser's. */
declare const WebAssembly: {
  readonly Memory: new (pages: { initial: number; maximum: number }) => { readonly buffer: ArrayBuffer };
  readonly Module: new (code: Uint8Array<ArrayBuffer>) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: unknown };
};

type Chain = 'whole' | 'block';

export class Md5Lanes {
  readonly #words: Uint32Array;
  readonly #bytes: Buffer;
  readonly #code: { readonly four: Advance; readonly pair: Advance };
  readonly #saved = new Uint32Array(2 * 4 * LANES);

  /** `laneBytes`: memory of each lane, a multiple of 64. */
  constructor(readonly laneBytes: number) {
    const pages = Math.ceil((layout.end + PAGE + LANES * (laneBytes + 2 * STEP)) / PAGE);
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages });
    const instance = new WebAssembly.Instance(new WebAssembly.Module(md5LanesCode()), { m: { m: memory } });
    this.#code = instance.exports as { readonly four: Advance; readonly pair: Advance };
    this.#words = new Uint32Array(memory.buffer);
    this.#bytes = Buffer.from(memory.buffer);
    for (const [i, sine] of sines.entries())
      for (let lane = 0; lane < LANES; lane++) this.#words[layout.constants / 4 + 4 * i + lane] = sine;
  }

  /** A lane's memory. */
  memory(lane: number): Buffer {
    const at = this.#place(lane);
    return this.#bytes.subarray(at, at + this.laneBytes);
  }

  begin(lane: number, chain: Chain): void {
    for (const [i, value] of initial.entries()) this.#words[word(chain, i, lane)] = value;
  }

  /** Takes the first `bytes[lane]` bytes of each lane's memory, rounded down to steps of 64, into both of its chains. */
  advance(bytes: readonly number[]): void {
    const left = bytes.map((count) => Math.floor(count / STEP));
    const done = [0, 0, 0, 0];
    for (;;) {
      const moving = [0, 1, 2, 3].filter((lane) => (left[lane] ?? 0) > 0);
      if (moving.length === 0) return;
      const steps = Math.min(...moving.map((lane) => left[lane] ?? 0));
      this.#run(moving, done, steps);
      for (const lane of moving) {
        left[lane] = (left[lane] ?? 0) - steps;
        done[lane] = (done[lane] ?? 0) + steps * STEP;
      }
    }
  }

  /** The lane's digest once the `tail` (fewer than 64 bytes) follows what it has taken; both chains are left as they are. */
  digest(lane: number, chain: Chain, tail: Uint8Array, totalBytes: number): string {
    const steps = tail.length < STEP - 8 ? 1 : 2;
    // Beyond the lane's own memory, which may hold the tail.
    const at = this.#place(lane) + this.laneBytes;
    this.#bytes.fill(0, at, at + steps * STEP);
    this.#bytes.set(tail, at);
    this.#bytes[at + tail.length] = 0x80;
    this.#bytes.writeBigUInt64LE(BigInt(totalBytes) * 8n, at + steps * STEP - 8);
    for (let i = 0; i < 4; i++) this.#words[word('pair', i, 0)] = this.#words[word(chain, i, lane)] ?? 0;
    this.#code.pair(at, at, at, at, steps);
    const digest = Buffer.alloc(16);
    for (let i = 0; i < 4; i++) digest.writeUInt32LE(this.#words[word('pair', i, 0)] ?? 0, 4 * i);
    return digest.toString('hex');
  }

  #run(moving: readonly number[], done: readonly number[], steps: number): void {
    const from = (lane: number): number => this.#place(lane) + (done[lane] ?? 0);
    const [first = 0, second = first] = moving;
    if (moving.length <= 2) {
      this.#movePair([first, second], 'in');
      this.#code.pair(from(first), from(first), from(second), from(second), steps);
      this.#movePair([first, second], 'out');
      return;
    }
    const [p0 = 0, p1 = 0, p2 = 0, p3 = 0] = [0, 1, 2, 3].map((lane) => from(moving.includes(lane) ? lane : first));
    if (moving.length < LANES) this.#save();
    this.#code.four(p0, p1, p2, p3, steps);
    if (moving.length < LANES) this.#restore(moving);
  }

  /** Two files' chains side by side in one: whole and block of the first, whole and block of the second. */
  #movePair(lanes: readonly [number, number], way: 'in' | 'out'): void {
    for (const [n, lane] of lanes.entries()) {
      for (const [half, chain] of (['whole', 'block'] as const).entries()) {
        for (let i = 0; i < 4; i++) {
          const [there, here] = [word('pair', i, 2 * n + half), word(chain, i, lane)];
          if (way === 'in') this.#words[there] = this.#words[here] ?? 0;
          else this.#words[here] = this.#words[there] ?? 0;
        }
      }
    }
  }

  #save(): void {
    this.#saved.set(this.#words.subarray(0, this.#saved.length));
  }

  /** Sets all lanes but these back. */
  #restore(moving: readonly number[]): void {
    for (let at = 0; at < this.#saved.length; at++)
      if (!moving.includes(at % LANES)) this.#words[at] = this.#saved[at] ?? 0;
  }

  #place(lane: number): number {
    return PAGE + lane * (this.laneBytes + 2 * STEP);
  }
}

/** Where word i of a lane's chain stands, counted in words. */
function word(chain: Chain | 'pair', i: number, lane: number): number {
  return layout[chain] / 4 + LANES * i + lane;
}
