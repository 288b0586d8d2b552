/**
 * What the sweeps saw of each entry, in columns: a folder of 100,000 entries is remembered in some 15 MiB, where an object for
 * each takes five times as much and keeps the collector busy.
 */
import type { Sighting } from '../../domain/share/stability';

const FIRST_ROWS = 1_024;

export class Sightings {
  readonly #rows = new Map<string, number>();
  #free: number[] = [];
  #ino = new BigUint64Array(FIRST_ROWS);
  #size = new Float64Array(FIRST_ROWS);
  #mtimeNs = new BigInt64Array(FIRST_ROWS);
  #wallMs = new Float64Array(FIRST_ROWS);
  #monotonicMs = new Float64Array(FIRST_ROWS);
  #look = new Uint32Array(FIRST_ROWS);

  get size(): number {
    return this.#rows.size;
  }

  get(name: string): Sighting | undefined {
    const row = this.#rows.get(name);
    if (row === undefined) return undefined;
    return {
      ino: String(this.#ino[row]),
      size: this.#size[row] ?? 0,
      mtimeNs: String(this.#mtimeNs[row]),
      wallMs: this.#wallMs[row] ?? 0,
      monotonicMs: this.#monotonicMs[row] ?? 0,
    };
  }

  /** The look that saw it last; 0 for none. */
  lookOf(name: string): number {
    const row = this.#rows.get(name);
    return row === undefined ? 0 : (this.#look[row] ?? 0);
  }

  set(name: string, sighting: Sighting, look: number): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      row = this.#free.pop() ?? this.#rows.size;
      if (row >= this.#look.length) this.#grow();
      this.#rows.set(name, row);
    }
    this.#ino[row] = BigInt(sighting.ino);
    this.#size[row] = sighting.size;
    this.#mtimeNs[row] = BigInt(sighting.mtimeNs);
    this.#wallMs[row] = sighting.wallMs;
    this.#monotonicMs[row] = sighting.monotonicMs;
    this.#look[row] = look;
  }

  delete(name: string): void {
    const row = this.#rows.get(name);
    if (row === undefined) return;
    this.#rows.delete(name);
    this.#free.push(row);
    if (this.#rows.size === 0) this.#free = [];
  }

  /** Forgets what this look did not see. */
  keepOnly(look: number): void {
    for (const [name, row] of this.#rows) if (this.#look[row] !== look) this.delete(name);
  }

  #grow(): void {
    const rows = this.#look.length * 2;
    const wider = <T extends { set(from: T): void }>(to: T, from: T): T => {
      to.set(from);
      return to;
    };
    this.#ino = wider(new BigUint64Array(rows), this.#ino);
    this.#size = wider(new Float64Array(rows), this.#size);
    this.#mtimeNs = wider(new BigInt64Array(rows), this.#mtimeNs);
    this.#wallMs = wider(new Float64Array(rows), this.#wallMs);
    this.#monotonicMs = wider(new Float64Array(rows), this.#monotonicMs);
    this.#look = wider(new Uint32Array(rows), this.#look);
  }
}
