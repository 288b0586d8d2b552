export interface BacklogReading {
  /** Events that wait at the backend, those under way included. */
  readonly waiting: number;
  /** Where the backend has partitions; in their order. */
  readonly partitions?: readonly { readonly partition: string; readonly waiting: number }[];
}

/** Events that wait at a backend, as far as it can tell; an exception means that it could not be asked. */
export type Backlog = () => Promise<BacklogReading>;
