/** One stored event, with what the service adds to it. */
export interface StoredEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedAt: Date;
  readonly partitionKey: string | undefined;
  readonly body: unknown;
  readonly properties: Readonly<Record<string, unknown>> | undefined;
}

/** The events of one partition, in order, for as long as the server lives. */
export class PartitionLog {
  readonly events: StoredEvent[] = [];

  append(event: Pick<StoredEvent, 'body' | 'properties' | 'partitionKey'>): StoredEvent {
    const sequenceNumber = this.events.length;
    const stored = { ...event, sequenceNumber, offset: String(sequenceNumber * 64), enqueuedAt: new Date() };
    this.events.push(stored);
    return stored;
  }

  /** Index of the first event that a receiver with this filter gets; the filter is the text that the SDK sends. */
  indexFrom(filter: string | undefined): number {
    const [, name, comparison, value = ''] = /x-opt-([a-z-]+) (>=?) '([^']*)'/.exec(filter ?? '') ?? [];
    if (name === undefined || value === '-1') return 0;
    if (value === '@latest') return this.events.length;
    const wanted = Number(value);
    const of = (event: StoredEvent): number =>
      name === 'offset'
        ? Number(event.offset)
        : name === 'sequence-number'
          ? event.sequenceNumber
          : event.enqueuedAt.getTime();
    const at = this.events.findIndex((event) => (comparison === '>=' ? of(event) >= wanted : of(event) > wanted));
    return at < 0 ? this.events.length : at;
  }
}
