import { compareSequencers } from './blob-version';
import type { MediaItem } from './media-event';

/**
 * `announced`: a URL was given out for it, and no event came yet. `stored`: uploaded, its event not yet seen. `processing`: the orchestration works on it. `processed`: the verified copy
 * stands. `superseded`: a newer version took its place. `vanished`: the blob was gone before it could be copied. `failed`: see
 * the dead letter.
 */
export type MediaState = 'announced' | 'stored' | 'processing' | 'processed' | 'superseded' | 'vanished' | 'failed';

/** One version of one file. */
export interface MediaRecord {
  readonly id: string;
  readonly container: string;
  readonly name: string;
  /** Quoted. */
  readonly etag: string;
  /** '' until the event was seen. */
  readonly sequencer: string;
  readonly state: MediaState;
  /** ISO 8601. */
  readonly updatedAt: string;
  /** Bytes. */
  readonly size?: number;
  /** Lower-case hexadecimal; known for files that came through `POST /upload`. */
  readonly md5?: string;
  /** Lower-case hexadecimal; of the bytes read back when the copy was verified, for files of up to 16 GiB. */
  readonly sha256?: string;
  readonly contentType?: string;
  /** `processed/media/<name>` once the copy stands. */
  readonly destination?: string;
  readonly verifiedBy?: 'read' | 'service';
  readonly instanceId?: string;
  readonly deadLetterId?: string;
  readonly error?: string;
  readonly traceId?: string;
}

/** What an instance writes down of the version it works on. `atMs`: milliseconds since the epoch. */
export function mediaRecordOf(item: MediaItem, state: MediaState, instanceId: string, atMs: number): MediaRecord {
  const { id, container, name, etag, sequencer } = item;
  return { id, container, name, etag, sequencer, state, updatedAt: new Date(atMs).toISOString(), instanceId };
}

/** Whether `incoming` should be the record that `GET /v1/media/{id}` shows, given what it shows now. */
export function isLatest(incoming: MediaRecord, shown: MediaRecord | undefined): boolean {
  if (!shown || shown.etag === incoming.etag) return true;
  if (!incoming.sequencer) return shown.sequencer === '';
  return compareSequencers(incoming.sequencer, shown.sequencer) >= 0;
}

/** Joins what an earlier step knew with what a later one found; the later one wins, field by field. */
export function mergeRecords(earlier: MediaRecord | undefined, later: MediaRecord): MediaRecord {
  // The upload's own note may come after the pipeline's: it adds what it knows and takes nothing back.
  if (later.state === 'stored' && earlier) return { ...later, ...earlier };
  return { ...earlier, ...later, sequencer: later.sequencer || (earlier?.sequencer ?? '') };
}
