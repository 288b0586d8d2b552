/** Once a day: what was kept for long enough goes (C12). One kind that fails holds up no other; the next day goes on. */
import type { Clock } from '../ports/clock';
import type { Retained } from '../ports/retention';
import type { Logger } from '../telemetry/logger';
import { count, gauge } from '../telemetry/meters';
import { attributes } from '../telemetry/names';

const DAY_MS = 24 * 60 * 60 * 1000;

export interface RetainedFor {
  readonly retained: Retained;
  readonly days: number;
}

export type RemoveEndedState = (kinds: readonly RetainedFor[]) => Promise<void>;

export function createRemoveEndedState({
  clock,
  logger,
}: {
  readonly clock: Clock;
  readonly logger: Logger;
}): RemoveEndedState {
  return async (kinds) => {
    for (const { retained, days } of kinds) {
      const kind = { [attributes.kind]: retained.name };
      try {
        const { removed, kept } = await retained.removeEnded(clock.now() - days * DAY_MS);
        count('stateRemoved', removed, kind);
        if (kept !== undefined) gauge('stateKept', kept, kind);
        logger.info('Ended state removed', { state: retained.name, olderThanDays: days, removed, kept });
      } catch (error) {
        logger.error('Ended state could not be removed; the next day goes on', { state: retained.name }, error);
      }
    }
  };
}
