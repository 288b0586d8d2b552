/**
 * Runs the function for events in the way its cardinality asks: for ONE, partitions side by side and the events of a partition
 * one after another; for MANY, one run at a time with what has come of all partitions, at most `maxBatchSize`.
 */
import type { KafkaEvent } from './event-data';

/**
 * Runs the function for these events, again and again while `goOn` allows it. False when they are to be left to whoever reads
 * the partition next.
 */
export type Run = (events: readonly KafkaEvent[], goOn: () => boolean) => Promise<boolean>;

export interface Dispatcher {
  /**
   * Has the events of one partition processed, in order, and tells of each that is done. Resolves early when `goOn` says no:
   * what was not begun stays undone.
   */
  process(events: readonly KafkaEvent[], done: (event: KafkaEvent) => void, goOn: () => boolean): Promise<void>;
}

export function oneByOne(run: Run): Dispatcher {
  return {
    async process(events, done, goOn) {
      for (const event of events) {
        if (!goOn() || !(await run([event], goOn))) return;
        done(event);
      }
    },
  };
}

interface Lane {
  readonly events: KafkaEvent[];
  readonly done: (event: KafkaEvent) => void;
  readonly goOn: () => boolean;
  readonly end: () => void;
}

export function batched(run: Run, maxBatchSize: number): Dispatcher {
  const lanes: Lane[] = [];
  let running = false;
  const pump = async (): Promise<void> => {
    if (running) return;
    running = true;
    // What comes in this turn of the event loop, of other partitions, belongs together.
    await new Promise((resolve) => setImmediate(resolve));
    while (lanes.length > 0) {
      const taken = take(lanes, maxBatchSize);
      if (taken.length === 0) continue;
      const events = taken.flatMap((part) => part.events);
      const goOn = (): boolean => taken.every(({ lane }) => lane.goOn());
      const finished = await run(events, goOn);
      for (const { lane, events: own } of taken) {
        if (finished) own.forEach((event) => lane.done(event));
        else lane.events.length = 0;
        if (lane.events.length === 0) close(lanes, lane);
      }
    }
    running = false;
  };
  return {
    process: (events, done, goOn) =>
      new Promise((resolve) => {
        if (events.length === 0) return void resolve();
        lanes.push({ events: [...events], done, goOn, end: resolve });
        void pump();
      }),
  };
}

/** The next events of each lane in turn, up to the limit; lanes that may not go on are closed. */
function take(lanes: Lane[], limit: number): { lane: Lane; events: KafkaEvent[] }[] {
  const taken: { lane: Lane; events: KafkaEvent[] }[] = [];
  let left = limit;
  for (const lane of [...lanes]) {
    if (!lane.goOn()) {
      close(lanes, lane);
      continue;
    }
    if (left === 0) continue;
    const events = lane.events.splice(0, left);
    left -= events.length;
    taken.push({ lane, events });
  }
  // The partition that was served goes to the end of the line.
  for (const { lane } of taken) lanes.push(...lanes.splice(lanes.indexOf(lane), 1));
  return taken;
}

function close(lanes: Lane[], lane: Lane): void {
  lanes.splice(lanes.indexOf(lane), 1);
  lane.end();
}
