/** What a run that ends early leaves in storage, in words. */
import { size } from './upload-progress';

export interface LeftBehind {
  /** Bytes of the file. */
  readonly total: number;
  /** Bytes of blocks in storage, of this run and of those before. */
  readonly kept: number;
  /** The blob is whole; only the pipeline's answer was waited for. */
  readonly arrived: boolean;
}

/** A sentence that begins with a space; of a run that failed before anything was sent, none. */
export function leftBehind({ total, kept, arrived }: LeftBehind, why: 'stopped' | 'failed'): string {
  if (arrived) return ' All of it is in storage, and the app goes on with it by itself: see GET /v1/media.';
  if (kept > 0) {
    const much = kept < total ? `${size(kept)} of ${size(total)}` : 'All its blocks';
    return ` ${much} are in storage and kept for a week: run the same command again to go on.`;
  }
  return why === 'stopped' ? ' Nothing of it was sent: run the same command again to begin.' : '';
}
