/**
 * Sends dead letters on their way again, or closes them for good (C8). First the message is sent, then the letter is closed: a crash between the two
 * sends it twice, which the inbox of its pipeline takes care of; the other order could lose it.
 */
import { isByCodeOnly, type DeadLetterFilter, type DeadLetterWithBody } from '../domain/dead-letter';
import type { Clock } from '../ports/clock';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { MessageQueue } from '../ports/message-queue';
import { messageOf, type Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes, spans } from '../telemetry/names';
import { inSpan } from '../telemetry/tracing';

export type ReplayOutcome =
  | { readonly id: string; readonly outcome: 'replayed' | 'would-replay'; readonly queue: string }
  | { readonly id: string; readonly outcome: 'not-found' | 'closed' | 'unsupported' | 'by-code-only' }
  | { readonly id: string; readonly outcome: 'failed'; readonly error: string };

export interface DiscardOutcome {
  readonly id: string;
  readonly outcome: 'discarded' | 'would-discard' | 'not-found' | 'closed';
}

export interface Replayer {
  one(id: string, options: { readonly dryRun: boolean }): Promise<ReplayOutcome>;
  /**
   * Up to `limit` open letters that match, newest first, no more than `rate` of them a second. `by-code-only`: a replay of these undoes
   * a decision of the rules, so they are left alone unless the filter names their code.
   */
  many(
    filter: DeadLetterFilter,
    options: { readonly dryRun: boolean; readonly limit: number; readonly rate: number },
  ): Promise<readonly ReplayOutcome[]>;
  /** Closes an open letter without a replay; it stays to be read until retention removes it. */
  discard(id: string, options: { readonly dryRun: boolean }): Promise<DiscardOutcome>;
}

export function createReplayer(ports: {
  readonly deadLetters: DeadLetterStore;
  readonly queue: MessageQueue;
  readonly clock: Clock;
  readonly sleep: (ms: number) => Promise<void>;
  readonly logger: Logger;
}): Replayer {
  async function replay(letter: DeadLetterWithBody, dryRun: boolean): Promise<ReplayOutcome> {
    const { id } = letter;
    if (letter.state !== 'open') return { id, outcome: 'closed' };
    const queue = letter.keys['queue'];
    if (!queue) return { id, outcome: 'unsupported' };
    if (dryRun) return { id, outcome: 'would-replay', queue };
    return inSpan(
      spans.replay,
      { attributes: { [attributes.pipeline]: letter.pipeline, [attributes.code]: letter.code } },
      async () => {
        await ports.queue.send(queue, letter.message);
        await ports.deadLetters.close(id, 'replayed', new Date(ports.clock.now()).toISOString());
        ports.logger.info('Dead letter replayed', {
          pipeline: letter.pipeline,
          deadLetterId: id,
          queue,
          code: letter.code,
        });
        count('replays', 1, { [attributes.pipeline]: letter.pipeline });
        return { id, outcome: 'replayed', queue };
      },
    );
  }

  function failed(id: string, error: unknown): ReplayOutcome {
    ports.logger.error('Dead letter could not be replayed', { deadLetterId: id }, error);
    return { id, outcome: 'failed', error: messageOf(error) };
  }

  return {
    async one(id, { dryRun }) {
      const letter = await ports.deadLetters.get(id);
      return letter ? replay(letter, dryRun) : { id, outcome: 'not-found' };
    },
    async many(filter, { dryRun, limit, rate }) {
      const began = ports.clock.now();
      const outcomes: ReplayOutcome[] = [];
      let continuation: string | undefined;
      do {
        const page = await ports.deadLetters.list(
          { ...filter, state: 'open' },
          Math.min(100, limit - outcomes.length),
          continuation,
        );
        for (const { id } of page.items) {
          const letter = await ports.deadLetters.get(id);
          const early = began + (outcomes.length / rate) * 1000 - ports.clock.now();
          if (!dryRun && early > 0) await ports.sleep(early);
          if (letter && isByCodeOnly(letter.code) && filter.code !== letter.code)
            outcomes.push({ id, outcome: 'by-code-only' });
          else if (letter) outcomes.push(await replay(letter, dryRun).catch((error: unknown) => failed(id, error)));
        }
        continuation = page.continuation;
      } while (continuation && outcomes.length < limit);
      return outcomes;
    },
    async discard(id, { dryRun }) {
      const letter = await ports.deadLetters.get(id);
      if (!letter) return { id, outcome: 'not-found' };
      if (letter.state !== 'open') return { id, outcome: 'closed' };
      if (dryRun) return { id, outcome: 'would-discard' };
      const closed = await ports.deadLetters.close(id, 'discarded', new Date(ports.clock.now()).toISOString());
      if (!closed) return { id, outcome: 'closed' };
      const { pipeline, code } = letter;
      ports.logger.info('Dead letter discarded', { pipeline, deadLetterId: id, code });
      return { id, outcome: 'discarded' };
    },
  };
}
