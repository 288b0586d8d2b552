import type { HistoryEvent } from '../engine/history-event';
import type { TimerLimits } from '../engine/follow-up';
import { historyEventJson, type Speaker } from './history-json';
import { known } from '../engine/known';

/** Limits of the Azure Storage provider, which the library is told and splits long timers by. */
export const TIMER_LIMITS: TimerLimits = { longestMs: 6 * 86_400_000, partMs: 3 * 86_400_000 };

/** How long to wait between two polls when the answer does not say. Default of the extension's `httpSettings`. */
export const DEFAULT_POLL_DELAY_MS = 30_000;

/**
 * The trigger data of orchestrator turns. Keeps the text of events that are already in the history, so that a turn costs
 * only the events that are new to it.
 */
export class OrchestratorInput {
  readonly #speaker: Speaker;
  readonly #parentId: string | null;
  readonly #texts: string[] = [];

  constructor(speaker: Speaker, parentId: string | undefined) {
    this.#speaker = speaker;
    this.#parentId = parentId ?? null;
  }

  /** @param played how many events from the front were there in an earlier turn. */
  json(history: readonly HistoryEvent[], played: number, input: string): string {
    for (let i = this.#texts.length; i < history.length; i++)
      this.#texts.push(historyEventJson(known(history[i], 'an event'), this.#speaker));
    const events = this.#texts.map((text, i) =>
      i < played ? `${text},"IsPlayed":true}` : `${text},"IsPlayed":false}`,
    );
    const rest = {
      instanceId: this.#speaker.instanceId,
      isReplaying: played > 0,
      parentInstanceId: this.#parentId,
      upperSchemaVersion: 1,
      upperSchemaVersionNew: 3,
      longRunningTimerIntervalDuration: '3.00:00:00',
      maximumShortTimerDuration: '6.00:00:00',
      // The library reads this spelling.
      defaultHttpAsyncRequestSleepTimeMillseconds: DEFAULT_POLL_DELAY_MS,
    };
    return `{"history":[${events.join(',')}],"input":${input},${JSON.stringify(rest).slice(1)}`;
  }

  /** After a rewind the kept texts no longer match. */
  forget(): void {
    this.#texts.length = 0;
  }
}
