/**
 * Lets callers at the same time share one read. Whoever calls gets what a read found that began after the call: never
 * something from before.
 */
export function sharedRead<T>(read: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  return () => {
    next ??= (running ?? Promise.resolve()).then(() => {
      next = undefined;
      const now = read();
      running = now.catch(() => undefined);
      return now;
    });
    return next;
  };
}
