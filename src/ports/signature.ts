import type { DetectedType } from '../domain/media/file-type';

/** Bytes from the beginning of a file that are enough to tell its type. */
export const SIGNATURE_BYTES = 4100;

export interface SignatureReader {
  /** What the first bytes say; undefined when they match nothing known. Never throws. */
  detect(firstBytes: Uint8Array): Promise<DetectedType | undefined>;
}
