/**
 * How long to wait before the next look at a queue: randomised exponential back-off between two bounds, as in the WebJobs
 * SDK, so that an empty queue costs little and a busy one is drained without a pause.
 */
export class PollInterval {
  #empty = 0;

  constructor(
    private readonly minMs: number,
    private readonly maxMs: number,
    private readonly random: () => number = Math.random,
  ) {}

  /** Something was found: the next wait is the shortest again. */
  found(): void {
    this.#empty = 0;
  }

  /** Nothing was found; answers the milliseconds to wait now. */
  nothing(): number {
    const step = (2 ** this.#empty - 1) * this.minMs * (0.8 + 0.4 * this.random());
    const wait = Math.min(this.maxMs, this.minMs + step);
    // The exponent stops where the bound is reached, lest it overflow on a queue that stays empty for days.
    if (wait < this.maxMs) this.#empty += 1;
    return wait;
  }
}
