/** Messages between the app, the share's process and that process's threads. */
import type { OperationName } from './operations';
import type { ShareRoots } from './share-disk';

export interface ShareProcessOptions {
  readonly roots: ShareRoots;
  /** Threads besides the one that sweeps. */
  readonly threads: number;
}

export interface ShareCall {
  readonly id: number;
  readonly operation: OperationName;
  /** Without callbacks. */
  readonly args: readonly unknown[];
}

export type ShareAnswer =
  /** The process has started. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'result'; readonly id: number; readonly result: unknown }
  | { readonly kind: 'error'; readonly id: number; readonly code: string; readonly message: string }
  /** Bytes copied since the last one. */
  | { readonly kind: 'progress'; readonly id: number; readonly bytes: number };
