import type { Clock } from '../../src/ports/clock';

/** A clock that moves only when told to. */
export class TestClock implements Clock {
  constructor(private ms = Date.UTC(2026, 0, 2, 3, 4, 5)) {}
  now(): number {
    return this.ms;
  }
  advance(ms: number): void {
    this.ms += ms;
  }
}
