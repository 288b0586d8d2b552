/** Messages between the app and the threads that have the file open. */
import type { DocumentStore } from '../../ports/document-store';

export type StoreOperation = Exclude<keyof DocumentStore, 'close'>;

export type StoreOrder =
  | {
      readonly kind: 'call';
      readonly id: number;
      readonly operation: StoreOperation;
      readonly args: readonly unknown[];
    }
  | { readonly kind: 'close' };

export type StoreAnswer =
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly message: string };
