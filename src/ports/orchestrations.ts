export interface Orchestrations {
  /**
   * Makes sure that the instance runs: starts it, or leaves one alone that is under way. An instance that ended runs again;
   * whether its work is still to be done is for the inbox to say.
   */
  ensureStarted(name: string, instanceId: string, input: unknown, traceparent?: string): Promise<'started' | 'running'>;
  /** As {@link ensureStarted}, for one that was not under way a moment ago: spares the look. */
  start(name: string, instanceId: string, input: unknown, traceparent?: string): Promise<'started' | 'running'>;
  /**
   * As {@link start}, and waits for the end in the same call, `waitMs` at most. `running`: it had not ended by then, or was under
   * way before. Rejects when `signal` aborts; whether it was started is then not known.
   */
  run(
    name: string,
    instanceId: string,
    input: unknown,
    options: { readonly traceparent?: string; readonly waitMs: number; readonly signal: AbortSignal },
  ): Promise<OrchestrationState>;
  /** How far it has come. */
  look(instanceId: string): Promise<OrchestrationState>;
  /** It was started and has not ended. */
  isRunning(instanceId: string): Promise<boolean>;
}

export type OrchestrationState =
  | { readonly kind: 'unknown' | 'running' }
  /** `output`: what it returned; undefined where it failed or was terminated. */
  | { readonly kind: 'ended'; readonly output: unknown };

/** How many whose ids begin so were started and have not ended; counted up to `most`. */
export type CountUnderWay = (idPrefix: string, most: number) => Promise<number>;
