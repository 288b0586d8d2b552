/** Which failures of a write say nothing against the write: it can be done once the disk or another process allows. */

/** Result codes of SQLite; the extended ones have them in the lowest byte. */
const BUSY = 5;
const LOCKED = 6;
const IO_ERROR = 10;
const FULL = 13;

function codeOf(error: unknown): number | undefined {
  const { errcode } = error as { errcode?: unknown };
  return typeof errcode === 'number' ? errcode & 0xff : undefined;
}

export function isDiskFull(error: unknown): boolean {
  return codeOf(error) === FULL;
}

/** The disk is full or fails, or another process holds the file. */
export function meansWait(error: unknown): boolean {
  return meansWaitForAll(error) || isDiskFull(error);
}

/** No other write can be done now either. On a full disk a smaller one may be. */
export function meansWaitForAll(error: unknown): boolean {
  const code = codeOf(error);
  return code === BUSY || code === LOCKED || code === IO_ERROR;
}
