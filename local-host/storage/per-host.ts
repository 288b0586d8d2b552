import type { HostContext } from '../plugin';

interface Entry<T> {
  readonly value: T;
  users: number;
}

/**
 * One object per host, shared by all listeners that need it: made for the first, closed after the last. The key is the
 * function's own identity, so each use declares one `perHost` constant.
 */
export function perHost<T>(make: (context: HostContext) => T, close: (value: T) => void | Promise<void>) {
  const entries = new WeakMap<HostContext, Entry<T>>();
  return (context: HostContext): { readonly value: T; release(): Promise<void> } => {
    let entry = entries.get(context);
    if (!entry) entries.set(context, (entry = { value: make(context), users: 0 }));
    const used = entry;
    used.users += 1;
    let released = false;
    return {
      value: used.value,
      async release() {
        if (released) return;
        released = true;
        used.users -= 1;
        if (used.users > 0) return;
        entries.delete(context);
        await close(used.value);
      },
    };
  };
}
