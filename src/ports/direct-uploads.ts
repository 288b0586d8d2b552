import type { DirectUpload } from '../domain/media/direct-upload';
import type { BlobRef } from './blob-store';

/** What was announced. Kept until its retention ends, so that a blob can be held to it whenever it comes. */
export interface DirectUploads {
  /** Writing the same id again replaces it. */
  put(upload: DirectUpload): Promise<void>;
  get(id: string): Promise<DirectUpload | undefined>;
}

export interface SignedUrl {
  readonly url: string;
  /** ISO 8601. */
  readonly expiresAt: string;
}

/** Signs URLs that allow one blob to be created and written, and nothing else. */
export type SignUpload = (ref: BlobRef, validMinutes: number) => Promise<SignedUrl>;
