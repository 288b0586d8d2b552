/** What a client can do to instances and entities: the operations behind the management API. */
import { entityId } from '../engine/entity';
import type { HistoryEvent, InboxEvent } from '../engine/history-event';
import { createInstance, newId } from '../runtime/lifecycle';
import { postToEntity, unknownFunction } from '../runtime/outbox';
import { rewindInstance } from '../runtime/rewind';
import type { TaskHub } from '../runtime/task-hub';
import type { EntityFilter, EntityRow } from '../store/entity-table';
import { isOver, type InstanceFilter, type InstanceRow } from '../store/instance-table';

export type ControlResult = 'accepted' | 'unknown' | 'over';

/** The arguments are wrong; the message is the real host's. */
export class InvalidArgumentError extends Error {
  override readonly name = 'InvalidArgumentError';
}

/** The instance is in a state in which this cannot be done. */
export class InvalidStateError extends Error {
  override readonly name = 'InvalidStateError';
}

const FORBIDDEN_IN_ID = /[/\\#?\p{Cc}]/u;
const ID_RULE = 'Orchestration instance ids must not contain /, \\, #, ?, or control characters.';

export class DurableClient {
  constructor(private readonly hub: TaskHub) {}

  /**
   * @returns the id of the new instance, once it is stored.
   * @throws InvalidArgumentError for an unknown orchestrator or a bad id, InstanceExistsError for an id in use.
   */
  async start(
    name: string,
    options: { id?: string | undefined; input: string; version?: string | undefined },
  ): Promise<string> {
    if (!this.hub.orchestrators.has(name.toLowerCase()))
      throw new InvalidArgumentError(unknownFunction(name, 'orchestrator', this.hub.orchestrators));
    const id = options.id ?? newId();
    if (FORBIDDEN_IN_ID.test(id)) throw new InvalidArgumentError(`instanceId (Parameter '${ID_RULE}')`);
    if (id.startsWith('@'))
      throw new InvalidArgumentError("instanceId (Parameter 'Orchestration instance ids must not start with @.')");
    await this.hub.store.write((tx) =>
      createInstance(this.hub, tx, { id, name, input: options.input, version: options.version }),
    );
    return id;
  }

  get(id: string): InstanceRow | undefined {
    return this.hub.store.read.instances.get(id);
  }

  /** JSON text. */
  input(id: string): string {
    return this.hub.store.read.instances.input(id);
  }

  history(id: string): HistoryEvent[] {
    return this.hub.store.read.instances.history(id);
  }

  list(filter: InstanceFilter): InstanceRow[] {
    return this.hub.store.read.instances.list(filter);
  }

  raiseEvent(id: string, name: string, input: string): Promise<ControlResult> {
    return this.#control(id, { type: 'event-raised', at: this.hub.now(), name, input });
  }

  terminate(id: string, reason: string | undefined): Promise<ControlResult> {
    return this.#control(id, { type: 'terminated', at: this.hub.now(), ...(reason === undefined ? {} : { reason }) });
  }

  /** @throws InvalidStateError when it is suspended already. */
  suspend(id: string, reason: string | undefined): Promise<ControlResult> {
    return this.#control(
      id,
      { type: 'suspended', at: this.hub.now(), ...(reason === undefined ? {} : { reason }) },
      (row) => {
        if (row.status === 'Suspended')
          throw new InvalidStateError(
            `Cannot suspend the orchestration instance ${id} because instance is in the Suspended state.`,
          );
      },
    );
  }

  /** @throws InvalidStateError when it is not suspended. */
  resume(id: string, reason: string | undefined): Promise<ControlResult> {
    return this.#control(
      id,
      { type: 'resumed', at: this.hub.now(), ...(reason === undefined ? {} : { reason }) },
      (row) => {
        if (row.status !== 'Suspended')
          throw new InvalidStateError(
            `Cannot resume the orchestration instance ${id} because instance is in the ${row.status} state.`,
          );
      },
    );
  }

  /** Runs a failed instance on from where it failed. */
  rewind(id: string, reason: string | undefined): Promise<'accepted' | 'unknown' | 'not-failed'> {
    return this.hub.store.write((tx) => rewindInstance(this.hub, tx, id, reason));
  }

  /** @returns the id of the new instance, or undefined when there is none to restart. */
  async restart(id: string, withNewId: boolean): Promise<string | undefined> {
    const row = this.get(id);
    if (!row) return undefined;
    return this.start(row.name, { id: withNewId ? undefined : id, input: this.input(id), version: row.version });
  }

  /** @returns whether there was such an instance. Running ones are purged as well, as recorded (`durable.purgeRunning`). */
  purge(id: string): Promise<boolean> {
    return this.hub.store.write((tx) => {
      if (!tx.instances.get(id)) return false;
      tx.instances.remove(id);
      tx.after(() => {
        this.hub.forget(id);
        this.hub.store.giveBack();
      });
      return true;
    });
  }

  /** @returns how many were purged. Only those that are over. */
  purgeMany(filter: InstanceFilter): Promise<number> {
    return this.hub.store.write((tx) => {
      const rows = tx.instances.list(filter).filter((r) => isOver(r.status));
      for (const { id } of rows) tx.instances.remove(id);
      tx.after(() => {
        for (const { id } of rows) this.hub.forget(id);
        this.hub.store.giveBack();
      });
      return rows.length;
    });
  }

  /** @returns false when the app has no such entity function. */
  signalEntity(name: string, key: string, op: string, input: string | undefined): Promise<boolean> {
    const request = {
      type: 'op',
      op,
      requestId: newId(),
      signal: true,
      ...(input === undefined ? {} : { input }),
    } as const;
    return this.hub.store.write((tx) => postToEntity(this.hub, tx, entityId(name, key), request));
  }

  entity(name: string, key: string): EntityRow | undefined {
    const row = this.hub.store.read.entities.get(entityId(name, key));
    return row?.present ? row : undefined;
  }

  /** Also one that was deleted and is remembered for its lock or its place in the list of instances. */
  entityById(id: string): EntityRow | undefined {
    return this.hub.store.read.entities.get(id);
  }

  unknownEntityText(name: string): string {
    return unknownFunction(name, 'entity', this.hub.entityFunctions);
  }

  entities(filter: EntityFilter): EntityRow[] {
    return this.hub.store.read.entities.list(filter);
  }

  #control(id: string, letter: InboxEvent, check?: (row: InstanceRow) => void): Promise<ControlResult> {
    return this.hub.store.write((tx) => {
      const row = tx.instances.get(id);
      if (!row || id.startsWith('@')) return 'unknown';
      if (isOver(row.status)) return 'over';
      check?.(row);
      this.hub.post(tx, id, undefined, letter);
      return 'accepted';
    });
  }
}
