/** Catches one request of a server under test: before it has any effect, or when it has had it and only its answer is missing. */
export type GateSide = 'request' | 'answer';

export class RequestGate {
  #wanted: { readonly matches: RegExp; readonly side: GateSide; readonly caught: () => void } | undefined;

  /** The next one that matches is never answered. Resolves when it is caught. */
  catchNext(matches: RegExp, side: GateSide): Promise<void> {
    return new Promise((caught) => (this.#wanted = { matches, side, caught }));
  }

  /** For the server, with what tells a request from others, such as method and path: resolves unless it is the one that is caught. */
  pass(request: string, side: GateSide): Promise<void> {
    const wanted = this.#wanted;
    if (wanted?.side !== side || !wanted.matches.test(request)) return Promise.resolve();
    this.#wanted = undefined;
    wanted.caught();
    return new Promise(() => undefined);
  }
}
