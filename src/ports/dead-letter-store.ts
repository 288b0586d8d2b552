import type { DeadLetter, DeadLetterFilter, DeadLetterWithBody } from '../domain/dead-letter';

export interface DeadLetterPage {
  readonly items: readonly DeadLetter[];
  /** Id of the last item, to give to the next call; absent on the last page. */
  readonly continuation?: string;
}

/** The authority on work that was given up. Newest first everywhere. */
export interface DeadLetterStore {
  /**
   * Body first, index second, so that an index row never points at nothing. Recording the same id twice is harmless. The letter
   * gets the newest earlier one of its pipeline with the same message as its `replayOf`, so that what fails again has its history.
   */
  add(deadLetter: Omit<DeadLetterWithBody, 'replayOf'>): Promise<void>;
  list(filter: DeadLetterFilter, pageSize: number, continuation?: string): Promise<DeadLetterPage>;
  get(id: string): Promise<DeadLetterWithBody | undefined>;
  /** False when it was not open any more: of two callers at once one gets true. */
  close(id: string, state: 'replayed' | 'discarded', atIso: string): Promise<boolean>;
  /** Removes those that were closed before that time, in milliseconds since the epoch, with their bodies; says how many. */
  removeClosed(beforeMs: number): Promise<number>;
}
