import type { StagedFile } from './share-files';

export type StoreOutcome =
  | {
      readonly kind: 'stored';
      readonly etag: string;
      /** Less than the file's length when blocks, or the whole blob, were there already. */
      readonly sentBytes: number;
    }
  /** What the service shows is not what was sent. */
  | { readonly kind: 'mismatch'; readonly reason: string };

/** Where the files of the share go. */
export interface ShareBlobs {
  /**
   * Uploads a staged file under this name over whatever stands there, and proves it (`APP_VERIFY`). A blob that already holds
   * these bytes counts as done. Rejects when storage, or the staged copy, cannot be reached; then it may be tried again.
   */
  store(
    file: { readonly path: string; readonly name: string; readonly staged: StagedFile },
    onSent?: (bytes: number) => void,
    signal?: AbortSignal,
  ): Promise<StoreOutcome>;
}
