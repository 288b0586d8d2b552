export interface Orchestrations {
  /**
   * Makes sure that the instance runs: starts it, or leaves one alone that is under way. An instance that ended runs again;
   * whether its work is still to be done is for the inbox to say.
   */
  ensureStarted(name: string, instanceId: string, input: unknown, traceparent?: string): Promise<'started' | 'running'>;
  /** It was started and has not ended. */
  isRunning(instanceId: string): Promise<boolean>;
}
