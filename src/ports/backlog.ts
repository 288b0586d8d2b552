/** Events that wait at a backend, as far as it can tell; an exception means that it could not be asked. */
export type Backlog = () => Promise<number>;
