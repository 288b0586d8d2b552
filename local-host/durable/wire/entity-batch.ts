/** Entity functions in the library's JSON (`lib/src/entities/Entity.js`): one batch in, one result for each operation out. */
import type { EntityOperation } from '../engine/entity';
import type { RpcData } from '../../rpc-data';
import type { InvocationOutcome } from '../../worker-protocol';
import { jsonOf } from './orchestrator-outcome';

export interface EntityState {
  readonly exists: boolean;
  /** JSON text. */
  readonly state: string | undefined;
}

export interface EntitySignal {
  readonly name: string;
  readonly key: string;
  readonly op: string;
  /** JSON text; absent when the signal carries none. */
  readonly input?: string;
}

export interface EntityOutcome extends EntityState {
  readonly results: readonly { readonly failed: boolean; readonly result?: string }[];
  readonly signals: readonly EntitySignal[];
}

export function entityInput(name: string, key: string, state: EntityState, batch: readonly EntityOperation[]): RpcData {
  const body = {
    self: { name, key },
    exists: state.exists,
    state: state.state ?? null,
    batch: batch.map((o) => ({ name: o.op, input: o.input ?? null, isSignal: o.signal, id: o.requestId })),
  };
  return { string: JSON.stringify(body) };
}

/** Undefined when the function failed as a whole; then nothing of the batch took effect. */
export function readEntityOutcome(outcome: InvocationOutcome): EntityOutcome | undefined {
  if (outcome.error) return undefined;
  const json = jsonOf(outcome.returnValue) as
    | {
        entityExists: boolean;
        entityState?: string | null;
        results: ({ isError: boolean; result?: string } | null)[];
        signals: { target: { name: string; key: string }; name: string; input?: string }[];
      }
    | undefined;
  if (!json) return undefined;
  return {
    exists: json.entityExists,
    state: json.entityState ?? undefined,
    results: json.results.map((r) => ({
      failed: r?.isError ?? false,
      ...(r?.result === undefined ? {} : { result: r.result }),
    })),
    signals: json.signals.map((s) => ({ ...s.target, op: s.name, ...(s.input ? { input: s.input } : {}) })),
  };
}

/** `ResponseMessage` of the library: the answer to an operation that an orchestration called. */
export function entityAnswer(result: { failed: boolean; result?: string } | undefined): string {
  return JSON.stringify({ result: result?.result ?? null, ...(result?.failed ? { exceptionType: 'Error' } : {}) });
}

/** What the library reads when a lock was granted; it does not look inside. */
export const LOCK_GRANTED = '{}';
