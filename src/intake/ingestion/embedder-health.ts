/**
 * Whether the embedder answers, for `/readyz`, without paying for the question: what it answered last counts, whoever asked. Only a
 * service that nobody asked for a while is asked, with one word.
 */
import type { Breaker } from '../../ports/breaker';
import type { Clock } from '../../ports/clock';
import type { Embedder } from '../../ports/embedder';
import type { Probe } from '../../ports/probe';
import { messageOf } from '../../telemetry/logger';
import { unlessAborted } from './unless-aborted';

export interface WatchedEmbedder extends Embedder {
  /** What it answered last; undefined while nobody asked. */
  lastAnswer(): LastAnswer | undefined;
}

export interface LastAnswer {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Why it could not answer; undefined where it did, whatever it said. */
  readonly problem: string | undefined;
}

/** An answer counts for so long, and a failure, which costs nothing to ask about again. */
const ANSWERED_MS = 5 * 60_000;
const FAILED_MS = 10_000;
/** A first answer may want a token and a connection; whoever probes waits less long, and hears of it the next time. */
const LIMIT_MS = 15_000;

/** The same embedder; notes what it answers. */
export function watchEmbedder(embedder: Embedder, clock: Clock): WatchedEmbedder {
  let last: LastAnswer | undefined;
  const note = (problem?: string): void => {
    last = { at: clock.now(), problem };
  };
  return {
    model: embedder.model,
    limits: embedder.limits,
    async embed(texts, signal) {
      try {
        const answer = await embedder.embed(texts, signal);
        if (texts.length > 0) note();
        return answer;
      } catch (error) {
        // Whoever asked gave up, which says nothing of the embedder.
        if (signal?.aborted !== true) note(messageOf(error));
        throw error;
      }
    },
    close: () => embedder.close(),
    lastAnswer: () => last,
  };
}

export function createEmbedderProbe(ports: {
  readonly embedder: WatchedEmbedder;
  /** Undefined: none. */
  readonly breaker: Pick<Breaker, 'look'> | undefined;
  readonly clock: Clock;
  /** For people. */
  readonly name: string;
  /** Whether it may be asked a word: a service may, a model that is loaded at first use need not be loaded for it. */
  readonly mayAsk: boolean;
}): Probe {
  const { embedder, breaker, clock, mayAsk } = ports;
  let asking: Promise<void> | undefined;

  async function ask(): Promise<void> {
    try {
      await embedder.embed(['ready?'], AbortSignal.timeout(LIMIT_MS));
    } finally {
      asking = undefined;
    }
  }

  return {
    name: ports.name,
    async check(signal) {
      const state = await breaker?.look();
      if (state && state.kind !== 'closed' && clock.now() < state.until)
        throw new Error(
          `it failed ${state.failures} times in a row, and the circuit breaker keeps calls back until ${new Date(state.until).toISOString()}`,
        );
      const last = embedder.lastAnswer();
      const age = last ? clock.now() - last.at : Infinity;
      if (last?.problem !== undefined && age < FAILED_MS) throw new Error(last.problem);
      if (!mayAsk || (last?.problem === undefined && age < ANSWERED_MS)) return;
      asking ??= ask();
      await unlessAborted(asking, signal);
    },
  };
}
