import type { MediaRecord } from '../domain/media/media-record';

/** What is known of each file of the media pipeline, by id and version. */
export interface MediaRecords {
  /** Writes this version's record, and makes it the latest unless a newer version is known. */
  put(record: MediaRecord): Promise<void>;
  /** The latest version, or the one with that (quoted) ETag. */
  get(id: string, etag?: string): Promise<MediaRecord | undefined>;
}
