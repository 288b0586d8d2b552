/** What every orchestration is started with: its input, and the trace it belongs to. */
export interface Started<I> {
  readonly input: I;
  /** W3C `traceparent` of what started it. */
  readonly traceparent?: string | undefined;
}

/** What every activity is called with. */
export interface ActivityCall<I> {
  readonly input: I;
  readonly traceparent?: string | undefined;
}
