import type { MediaItem } from './media-event';

/** Name of the orchestration, as people see it in the durable API. */
export const PROCESS_MEDIA = 'process_media';

export interface ProcessMediaInput {
  readonly item: MediaItem;
  /** The event that brought it, for a dead letter to keep. */
  readonly message: string;
  readonly maxAttempts: number;
}

/** What the inbox keeps a version under. */
export function mediaInboxKey(item: MediaItem): string {
  return `media\n${item.container}/${item.name}\n${item.etag}`;
}
