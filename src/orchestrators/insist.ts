import type { Step, Steps } from './durable';

/** About an hour and a half, and some six hundred entries of a history. */
const PATIENCE = { maxAttempts: 100, firstDelayMs: 2_000 };

export type Insisted<R> = { readonly done: true; readonly result: R } | { readonly done: false };

/**
 * A step at the end of a story, which must be done however long what it needs is away. Not done: it was tried for long, and the story
 * goes on with it anew.
 */
export function* insist<A extends (input: never) => Promise<unknown>>(
  steps: Steps,
  name: string,
  input: Parameters<A>[0],
): Step<Insisted<Awaited<ReturnType<A>>>> {
  try {
    return { done: true, result: yield* steps.run<A>(name, input, PATIENCE) };
  } catch {
    return { done: false };
  }
}
