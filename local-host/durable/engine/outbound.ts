import type { ActivityWork, EntityMessage, Failure, HttpWork, SubOrchestration } from './history-event';

/** Work that a turn sets going. None of it may start before the turn's events are stored. */
export type Outbound =
  | { readonly kind: 'start-task'; readonly id: number; readonly work: ActivityWork | HttpWork }
  | { readonly kind: 'start-sub'; readonly id: number; readonly work: SubOrchestration }
  | { readonly kind: 'start-timer'; readonly id: number; readonly fireAt: number }
  | { readonly kind: 'cancel-timer'; readonly id: number }
  | { readonly kind: 'send'; readonly target: string; readonly message: EntityMessage }
  /** Fails a piece of work at once, without running it. */
  | { readonly kind: 'fail'; readonly id: number; readonly of: 'task' | 'sub'; readonly failure: Failure };
