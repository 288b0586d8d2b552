/**
 * Which of the requests that wait for an entity it may serve now. Pure.
 *
 * Invariants:
 * 1. Requests are served in the order of arrival, save that those of others than the lock's holder wait while it is locked.
 * 2. A lock request passes through its entities in their sorted order, so two of them never wait for each other.
 */

export interface Caller {
  readonly instanceId: string;
  readonly executionId: string;
}

export type EntityRequest =
  | {
      readonly type: 'op';
      readonly op: string;
      /** JSON text. */
      readonly input?: string;
      readonly requestId: string;
      readonly signal: boolean;
      /** Who gets the answer, and whose lock counts. */
      readonly caller?: Caller;
    }
  | {
      readonly type: 'lock';
      readonly requestId: string;
      readonly entities: readonly string[];
      readonly position: number;
      readonly caller: Caller;
    }
  | { readonly type: 'release'; readonly holder: string };

export type EntityOperation = Extract<EntityRequest, { type: 'op' }>;
export type LockRequest = Extract<EntityRequest, { type: 'lock' }>;

export interface EntityStep {
  /** Indexes of requests that are dealt with by this step without the entity's code. */
  readonly settled: readonly number[];
  /** Indexes of operations that the code is to run now, in this order, as one batch. */
  readonly batch: readonly number[];
  readonly lockHolder: string | undefined;
  /** Lock requests that go on to their next entity. */
  readonly forward: readonly LockRequest[];
  /** Lock requests that hold all their entities now. */
  readonly granted: readonly LockRequest[];
}

/** The next step, given who holds the lock. A step ends with the first batch, because locks that follow must wait for it. */
export function planEntity(
  requests: readonly EntityRequest[],
  lockHolder: string | undefined,
  mostInBatch: number,
): EntityStep {
  const settled: number[] = [];
  const batch: number[] = [];
  const forward: LockRequest[] = [];
  const granted: LockRequest[] = [];
  let holder = lockHolder;
  for (let again = true; again;) {
    again = false;
    for (let i = 0; i < requests.length; i++) {
      const request = requests[i];
      if (!request || settled.includes(i) || batch.includes(i)) continue;
      if (request.type === 'release') {
        if (batch.length > 0 && request.holder === holder) break;
        settled.push(i);
        if (request.holder !== holder) continue;
        holder = undefined;
        // Requests that had to wait for the lock come before the ones behind it.
        again = true;
        break;
      }
      const from = request.caller?.instanceId;
      if (holder !== undefined && from !== holder) continue;
      if (request.type === 'op') {
        if (batch.length < mostInBatch) batch.push(i);
        continue;
      }
      if (batch.length > 0) break;
      settled.push(i);
      holder = request.caller.instanceId;
      const next = { ...request, position: request.position + 1 };
      (next.position < next.entities.length ? forward : granted).push(next);
    }
  }
  return { settled, batch, lockHolder: holder, forward, granted };
}

/** `@name@key` of an entity; names are compared without case. */
export function entityId(name: string, key: string): string {
  return `@${name.toLowerCase()}@${key}`;
}

/** @returns undefined when the text is not the id of an entity. */
export function parseEntityId(id: string): { name: string; key: string } | undefined {
  const match = /^@([^@]+)@([^]*)$/.exec(id);
  return match ? { name: match[1] ?? '', key: match[2] ?? '' } : undefined;
}
