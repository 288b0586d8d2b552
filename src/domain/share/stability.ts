/** Is a file finished? Decided from what two sweeps saw (FR-1), without trust in any one clock. */

export interface FileState {
  /** Decimal: inode numbers need 64 bits. */
  readonly ino: string;
  /** Bytes. */
  readonly size: number;
  /** Decimal nanoseconds since the epoch. */
  readonly mtimeNs: string;
}

/** A state, and when it was first seen. */
export interface Sighting extends FileState {
  readonly wallMs: number;
  readonly monotonicMs: number;
}

export interface SweepTime {
  /** By the clock on the wall, which may jump. */
  readonly wallMs: number;
  /** By one that never does. */
  readonly monotonicMs: number;
}

export interface StabilityRules {
  readonly minAgeMs: number;
  /** Least time between the two looks. */
  readonly minGapMs: number;
}

const JUMP_MS = 1_000;

/**
 * A file is stable when its state is the one that an earlier sweep saw, at least `minGapMs` ago, and it is `minAgeMs` old: by
 * its mtime, or, where that lies in the future or the clock jumped meanwhile, by how long it was watched unchanged.
 */
export function judgeStability(
  earlier: Sighting | undefined,
  state: FileState,
  now: SweepTime,
  rules: StabilityRules,
): { readonly stable: boolean; readonly sighting: Sighting } {
  if (!earlier || !sameState(earlier, state)) return { stable: false, sighting: { ...pick(state), ...now } };
  const watchedMs = now.monotonicMs - earlier.monotonicMs;
  const jumped = Math.abs(now.wallMs - earlier.wallMs - watchedMs) > JUMP_MS;
  const ageMs = jumped ? watchedMs : Math.max(watchedMs, now.wallMs - Number(BigInt(state.mtimeNs) / 1_000_000n));
  return { stable: watchedMs >= rules.minGapMs && ageMs >= rules.minAgeMs, sighting: earlier };
}

export function sameState(a: FileState, b: FileState): boolean {
  return a.ino === b.ino && a.size === b.size && a.mtimeNs === b.mtimeNs;
}

function pick({ ino, size, mtimeNs }: FileState): FileState {
  return { ino, size, mtimeNs };
}
