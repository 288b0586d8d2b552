/**
 * Serves the requests to one entity: locks by itself, operations by the entity's function, in batches. State, answers,
 * signals and the removal of the requests are one commit.
 */
import {
  parseEntityId,
  planEntity,
  type EntityOperation,
  type EntityRequest,
  type EntityStep,
  type LockRequest,
} from '../engine/entity';
import type { InboxRow } from '../store/inbox-table';
import type { InstanceRow } from '../store/instance-table';
import type { EntityRow } from '../store/entity-table';
import type { Transaction } from '../store/store';
import { entityAnswer, entityInput, LOCK_GRANTED, readEntityOutcome, type EntityOutcome } from '../wire/entity-batch';
import { entityId } from '../engine/entity';
import { guidOf } from '../engine/guid';
import { postToEntity, unknownFunction } from './outbox';
import type { Runner, TaskHub } from './task-hub';

interface Waiting {
  readonly seq: number;
  readonly request: EntityRequest;
}

export class EntityRunner implements Runner {
  readonly #hub: TaskHub;
  readonly #id: string;
  #entity: EntityRow;
  #inbox: Waiting[] = [];
  /** Letters up to this number were read from the store; later ones come from commits of this process and from the others'. */
  readonly #readUpTo: number;
  #queued = false;
  #busy = false;

  constructor(hub: TaskHub, row: InstanceRow) {
    this.#hub = hub;
    this.#id = row.id;
    this.#readUpTo = hub.store.read.inbox.lastSeq();
    const parsed = parseEntityId(row.id);
    this.#entity = hub.store.read.entities.get(row.id) ?? {
      id: row.id,
      name: parsed?.name ?? row.id,
      key: parsed?.key ?? '',
      present: false,
      state: undefined,
      lockHolder: undefined,
      updated: row.created,
    };
  }

  get idle(): boolean {
    return !this.#busy && !this.#queued;
  }

  load(): void {
    this.#take(this.#hub.store.read.inbox.of(this.#id, this.#readUpTo));
  }

  deliver(rows: readonly InboxRow[]): void {
    this.#take(rows.filter(({ seq }) => seq > this.#readUpTo));
  }

  #take(rows: readonly InboxRow[]): void {
    if (rows.length === 0) return;
    for (const { seq, letter } of rows) this.#inbox.push({ seq, request: letter as EntityRequest });
    const waits = this.#queued || this.#busy;
    this.#queued = true;
    if (waits) return;
    this.#hub.background(
      this.#hub.orchestratorSlots.run(() => this.#run()),
      `entity '${this.#id}'`,
    );
  }

  async #run(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#queued && !this.#hub.stopping) {
        this.#queued = false;
        while (await this.#step());
      }
    } catch (error) {
      this.#hub.forget(this.#id, this);
      throw error;
    } finally {
      this.#busy = false;
    }
  }

  /** @returns whether there may be more to do. */
  async #step(): Promise<boolean> {
    if (this.#hub.stopping) return false;
    const inbox = this.#inbox;
    const requests = inbox.map((w) => w.request);
    const step = planEntity(requests, this.#entity.lockHolder, this.#hub.settings.maxEntityBatch);
    if (step.settled.length === 0 && step.batch.length === 0) return false;
    const batch = step.batch.map((i) => requests[i] as EntityOperation);
    const outcome = batch.length > 0 ? await this.#ask(batch) : undefined;
    const gone = new Set([...step.settled, ...step.batch]);
    const removed = inbox.filter((_, i) => gone.has(i));
    this.#inbox = this.#inbox.filter((w) => !removed.includes(w));
    const now = this.#hub.now();
    const entity: EntityRow = {
      ...this.#entity,
      lockHolder: step.lockHolder,
      ...(outcome ? { present: outcome.exists, state: outcome.exists ? outcome.state : undefined, updated: now } : {}),
    };
    const committed = await this.#hub.store.insist((tx) => {
      const isOurs = tx.instances.get(this.#id)?.owner === this.#hub.hostId;
      if (!isOurs || !removed.every(({ seq }) => tx.inbox.has(seq))) {
        tx.after(() => this.#hub.readAnew(this.#id, this));
        return false;
      }
      for (const { seq } of removed) tx.inbox.remove(seq);
      tx.entities.put(entity);
      this.#passLocks(tx, step);
      if (outcome) this.#answer(tx, batch, outcome);
      tx.after(() => this.#hub.events.emit('entity', { entityId: this.#id }));
      return true;
    });
    if (!committed) {
      this.#queued = false;
      return false;
    }
    this.#entity = entity;
    return true;
  }

  async #ask(batch: readonly EntityOperation[]): Promise<EntityOutcome> {
    const { name, key, present, state } = this.#entity;
    const before = { exists: present, state };
    const fn = this.#hub.entityFunctions.get(name.toLowerCase());
    let problem = unknownFunction(name, 'entity', this.#hub.entityFunctions);
    if (fn) {
      const input = entityInput(name, key, before, batch);
      const outcome = await this.#hub.invoke(fn, { input, reason: '(null)', ignoreRetryPolicy: true });
      const read = readEntityOutcome(outcome);
      if (read) return read;
      problem = outcome.error?.message ?? 'The entity function returned nothing that Durable Functions can read.';
    }
    return { ...before, results: batch.map(() => ({ failed: true, result: JSON.stringify(problem) })), signals: [] };
  }

  #passLocks(tx: Transaction, step: EntityStep): void {
    for (const request of step.forward) {
      const next = request.entities[request.position] ?? '';
      if (!postToEntity(this.#hub, tx, next, request)) this.#grant(tx, request);
    }
    for (const request of step.granted) this.#grant(tx, request);
  }

  #grant(tx: Transaction, { caller, requestId }: LockRequest): void {
    const letter = { type: 'event-raised', at: this.#hub.now(), name: requestId, input: LOCK_GRANTED } as const;
    if (this.#hub.post(tx, caller.instanceId, caller.executionId, letter)) return;
    // Nobody is there any more to let go of the lock.
    this.#hub.post(tx, this.#id, undefined, { type: 'release', holder: caller.instanceId });
  }

  #answer(tx: Transaction, batch: readonly EntityOperation[], outcome: EntityOutcome): void {
    const at = this.#hub.now();
    batch.forEach(({ caller, requestId }, i) => {
      if (!caller) return;
      const input = entityAnswer(outcome.results[i]);
      this.#hub.post(tx, caller.instanceId, caller.executionId, { type: 'event-raised', at, name: requestId, input });
    });
    outcome.signals.forEach((signal, i) => {
      const requestId = guidOf(`${batch[0]?.requestId ?? ''}:${i}`);
      const id = entityId(signal.name, signal.key);
      const request = {
        type: 'op',
        op: signal.op,
        requestId,
        signal: true,
        ...(signal.input === undefined ? {} : { input: signal.input }),
      } as const;
      if (!postToEntity(this.#hub, tx, id, request))
        this.#hub.context.log.warning(
          `Durable: entity '${this.#id}' signalled '${id}', but the app has no such entity function.`,
        );
    });
  }
}
