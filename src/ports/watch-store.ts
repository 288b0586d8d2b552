import type { WatchSession } from '../domain/share/session';
import type { WatchRequest } from '../domain/share/watch-request';

/** The watch as it was last told to be. */
export interface WatchState extends WatchSession, Pick<WatchRequest, 'include' | 'exclude' | 'dryRun' | 'recursive'> {
  readonly enabled: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
}

/** Never go down. */
export interface WatchTotals {
  readonly processedOk: number;
  readonly processedErr: number;
  readonly bytes: number;
  readonly lastError: string | null;
}

/** What of the watch survives a restart. */
export interface WatchStore {
  read(): Promise<WatchState | undefined>;
  /**
   * Writes what `next` makes of the state as it is, in one step: `next` is asked again when somebody else wrote meanwhile, so
   * that of two at once one sees the other. Undefined leaves it. Gives the state that `next` saw last.
   */
  change(next: (state: WatchState | undefined) => WatchState | undefined): Promise<WatchState | undefined>;
  totals(): Promise<WatchTotals>;
  /** Adds to what other processes added; `lastError` replaces the last one, where given. */
  add(delta: Omit<WatchTotals, 'lastError'> & { readonly lastError?: string }): Promise<void>;
}
