/** Drives the state machine by hand: no store, no clock, completions in whatever order the test likes. */
import type { Awaiting } from '../../../../../local-host/durable/engine/awaiting';
import { AmbiguousTaskError, decide } from '../../../../../local-host/durable/engine/decide';
import { Execution } from '../../../../../local-host/durable/engine/execution';
import type { HistoryEvent, InboxEvent } from '../../../../../local-host/durable/engine/history-event';
import type { Outbound } from '../../../../../local-host/durable/engine/outbound';
import { receive } from '../../../../../local-host/durable/engine/receive';
import { TIMER_LIMITS } from '../../../../../local-host/durable/wire/orchestrator-input';
import { libraryTurn, type Program } from './library-turn';

export class EngineDriver {
  execution = new Execution();
  readonly outbound: Outbound[] = [];
  /** Turns that asked the code. */
  codeTurns = 0;
  now = Date.UTC(2030, 0, 1);
  #inbox: InboxEvent[] = [];
  #awaiting: Awaiting | undefined;
  #codeMayGoOn = true;

  constructor(readonly program: Program) {
    this.#inbox.push({ type: 'execution-started', at: this.now, name: 'p', input: 'null', generation: 0 });
  }

  get history(): readonly HistoryEvent[] {
    return this.execution.history;
  }

  post(event: InboxEvent): void {
    this.#inbox.push(event);
    if ((this.#awaiting?.note(event, this.execution, this.now) ?? 'code') === 'code') this.#codeMayGoOn = true;
  }

  /** One turn over all that was posted. */
  async turn(oneAtATime = false): Promise<void> {
    this.now = Math.max(this.now, this.execution.turnAt + 1);
    const played = this.history.length;
    const options = {
      now: this.now,
      limits: TIMER_LIMITS,
      asleep: !this.#codeMayGoOn,
      awaiting: this.#awaiting,
      oneAtATime,
      subId: (id: number) => `x:${id}`,
    };
    const reception = receive(this.execution, this.#inbox, options);
    const before = this.#inbox;
    const gone = new Set([...reception.taken, ...reception.stale]);
    this.#inbox = this.#inbox.filter((_, i) => !gone.has(i));
    for (const event of reception.events) this.execution.apply(event);
    for (const [from, to] of reception.moved) this.#awaiting?.move(from, to);
    this.outbound.push(...reception.outbound);
    if (!reception.needsCode) return;
    this.codeTurns++;
    const { report } = await libraryTurn(this.program, this.history, played);
    try {
      const decision = decide(this.execution, report, {
        now: this.execution.turnAt,
        limits: TIMER_LIMITS,
        severalSteps: !oneAtATime && reception.taken.length > 1,
        requestId: (id) => `r${id}`,
        subId: (id) => `x:${id}`,
        failureText: (error) => error,
      });
      this.outbound.push(...decision.outbound);
      this.#awaiting = decision.awaiting;
      this.#codeMayGoOn = false;
      for (const event of this.#inbox)
        if ((this.#awaiting?.note(event, this.execution, this.now) ?? 'code') === 'code') this.#codeMayGoOn = true;
    } catch (error) {
      if (!(error instanceof AmbiguousTaskError)) throw error;
      this.execution = Execution.from(this.history.slice(0, played));
      this.outbound.length -= reception.outbound.length;
      this.#inbox = before;
      this.#awaiting = undefined;
      this.#codeMayGoOn = true;
      await this.turn(true);
      if (this.#inbox.length > 0 && !this.execution.completed) await this.turn();
    }
  }
}
