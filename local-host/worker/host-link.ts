import type { Answer, Ask, FromWorker } from '../worker-protocol';

/** The worker's end of the channel to the host. */
export class HostLink {
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #nextAsk = 1;

  send(message: FromWorker): void {
    // A host that is gone takes nothing more; the worker ends by its disconnect.
    if (process.connected) process.send?.(message, undefined, {}, () => undefined);
  }

  /** Asks the host and waits; rejects when the host answers with an error of another kind than was asked for. */
  async ask<K extends Ask['kind']>(ask: Ask & { kind: K }): Promise<Answer & { kind: K }> {
    const askId = this.#nextAsk++;
    const answer = await new Promise<Answer>((resolve) => {
      this.#waiting.set(askId, resolve);
      this.send({ type: 'ask', askId, ask });
    });
    if (answer.kind === ask.kind) return answer as Answer & { kind: K };
    throw new Error(answer.kind === 'error' ? answer.message : `The host answered '${answer.kind}' to '${ask.kind}'.`);
  }

  settle(askId: number, answer: Answer): void {
    this.#waiting.get(askId)?.(answer);
    this.#waiting.delete(askId);
  }
}
