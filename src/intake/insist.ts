import type { Pipeline } from '../domain/dead-letter';
import { messageOf, type Logger } from '../telemetry/logger';

/**
 * Does it again until it succeeds: where a backend moves on whatever the function says, an event that could not be written
 * down must not be let go. Ends only when the app stops.
 */
export type Insist = <T>(what: string, work: () => Promise<T>) => Promise<T>;

const FIRST_MS = 100;
const MOST_MS = 5_000;

export function createInsist(ports: {
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
  /** For the log. */
  readonly pipeline: Pipeline;
  readonly stopping: AbortSignal;
}): Insist {
  return async (what, work) => {
    for (let wait = FIRST_MS; ; wait = Math.min(wait * 2, MOST_MS)) {
      try {
        return await work();
      } catch (error) {
        if (ports.stopping.aborted) throw error;
        ports.logger.warn(`${what} failed; trying again`, {
          pipeline: ports.pipeline,
          reason: messageOf(error),
          waitMs: wait,
        });
        await ports.sleep(wait);
      }
    }
  };
}
