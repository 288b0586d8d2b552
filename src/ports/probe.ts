/** A question to one backend: does it answer? */
export interface Probe {
  /** For people, and for `/readyz`. */
  readonly name: string;
  /** Rejects when the backend does not answer as it should. */
  check(signal: AbortSignal): Promise<void>;
}
