/** State that is kept for a while and then removed (C12). */
export interface Retained {
  /** What it is, as metrics and logs name it. */
  readonly name: string;
  /** Removes what ended before that time, in milliseconds since the epoch, and nothing that may still be needed. May be repeated. */
  removeEnded(beforeMs: number): Promise<Removal>;
}

export interface Removal {
  readonly removed: number;
  /** How much is left; undefined where that was not counted. */
  readonly kept?: number;
}
