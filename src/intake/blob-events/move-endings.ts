/**
 * Tells in this process that a move's last step has run, so that whoever waits for its orchestration need not ask for it all the
 * time. A hint: the step may run in another process, which tells nobody.
 */
export class MoveEndings {
  readonly #waiting = new Map<string, { readonly over: Promise<'over'>; readonly tell: () => void }>();

  /** Resolves when the move of this message is over. */
  of(id: string): Promise<'over'> {
    const known = this.#waiting.get(id);
    if (known) return known.over;
    let tell = (): void => undefined;
    const over = new Promise<'over'>((resolve) => (tell = () => resolve('over')));
    this.#waiting.set(id, { over, tell });
    return over;
  }

  tell(id: string): void {
    this.#waiting.get(id)?.tell();
    this.#waiting.delete(id);
  }

  /** Nobody waits any more. */
  forget(id: string): void {
    this.#waiting.delete(id);
  }
}
