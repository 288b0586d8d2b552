/** Messages between the app and the threads that have a file open. */

export type StoreOrder =
  | { readonly kind: 'call'; readonly id: number; readonly operation: string; readonly args: readonly unknown[] }
  | { readonly kind: 'close' };

export type StoreAnswer =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string };
