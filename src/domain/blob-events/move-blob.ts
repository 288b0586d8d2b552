import { instanceId } from '../instance-id';
import type { BlobMove } from './blob-event';

/** Name of the orchestration, as people see it in the durable API. */
export const MOVE_BLOB = 'move_blob';

export interface MoveBlobInput {
  readonly move: BlobMove;
  /** Bare ETag that the message named; {@link BlobMove.id} tells whether it is right. */
  readonly etag?: string;
  /** The message in its envelope, for a dead letter to keep. */
  readonly message: string;
  /** The message alone, for its copy in the error queue. */
  readonly text: string;
}

/** One for all messages of a version, so that two at once are one move. */
export function moveInstanceId(id: string): string {
  return instanceId('blob-events', id);
}

/**
 * `moved`: by this run or an earlier one. `superseded`: the version was overwritten, and the newer one has its own message.
 * `vanished`: somebody deleted the blob before its turn. `failed`: a dead letter stands for it.
 */
export type MoveOutcome = 'moved' | 'superseded' | 'vanished' | 'failed';

export interface MoveOutput {
  readonly outcome: MoveOutcome;
}

/** Whether what an orchestration returned says that its message needs nothing more. */
export function isSettled(output: unknown): boolean {
  const outcome = (output as Partial<MoveOutput> | null | undefined)?.outcome;
  return outcome === 'moved' || outcome === 'superseded' || outcome === 'vanished';
}
