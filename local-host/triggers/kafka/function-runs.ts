import type { Log } from '../../log';
import type { Run } from './dispatcher';
import type { KafkaEvent } from './event-data';
import type { KafkaTriggerSettings } from './settings';

export interface FunctionRunsOptions {
  readonly settings: Pick<KafkaTriggerSettings, 'commitOnFailure' | 'maxRetries'>;
  readonly log: Log;
  readonly topic: string;
  readonly functionName: string;
  /** Whether the function succeeded. */
  readonly invoke: (events: readonly KafkaEvent[]) => Promise<boolean>;
}

/**
 * Runs a function for events until they count as done, as the Functions extension does: after a success; after a failure
 * with `commitOnFailure`; else after `maxRetries` further failures, counted in memory.
 */
export class FunctionRuns {
  readonly #options: FunctionRunsOptions;
  #warned = false;

  constructor(options: FunctionRunsOptions) {
    this.#options = options;
  }

  /** False when the events are left undone, for whoever reads the partition next. */
  run: Run = async (events, goOn) => {
    const { settings, log, invoke } = this.#options;
    for (let failures = 1; ; failures++) {
      if (await invoke(events)) return true;
      if (settings.commitOnFailure) return this.#skipped(events);
      if (settings.maxRetries >= 0 && failures > settings.maxRetries) {
        log.error(
          `${this.#named(events)} failed after ${settings.maxRetries} retries; the offset is committed and they are not run again, as in Azure. Handle what fails in the function, for example by a dead-letter topic.`,
        );
        return true;
      }
      if (!goOn()) return false;
      log.warning(`${this.#named(events)} failed and will be retried in place (maxRetries ${settings.maxRetries}).`);
    }
  };

  #skipped(events: readonly KafkaEvent[]): true {
    const { log, functionName } = this.#options;
    if (!this.#warned)
      log.warning(
        `${this.#named(events)} failed, yet the offset is committed and they are not run again, as in Azure. Catch errors in '${functionName}', or set extensions.kafka.commitOnFailure to false in host.json. This is said once.`,
      );
    this.#warned = true;
    return true;
  }

  #named(events: readonly KafkaEvent[]): string {
    const { topic, functionName } = this.#options;
    const [first] = events;
    const where = `partition ${first?.partition ?? '?'}, offset ${first?.message.offset ?? '?'}`;
    return `${events.length} event(s) of topic '${topic}' (${where}) for '${functionName}'`;
  }
}
