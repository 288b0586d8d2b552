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

/** The right to work on a file; it can be lost meanwhile. */
export interface Permit {
  /** Aborts when it is known to be lost. */
  readonly signal: AbortSignal;
  /** Throws when it is lost or ran out; asked after every wait, right before anything is sent or shown. */
  check(): void;
}

/** Where the files of the share go. */
export interface ShareBlobs {
  /**
   * Uploads a staged file under this name over whatever stands there, and proves it (`APP_VERIFY`). A blob that already holds
   * these bytes counts as done. What is shown replaces only what stood there when the permit was last checked: a run that lost
   * it never writes over what the one after it brought. Rejects when storage, or the staged copy, cannot be reached; then it may
   * be tried again.
   */
  store(
    file: { readonly path: string; readonly name: string; readonly staged: StagedFile },
    onSent?: (bytes: number) => void,
    permit?: Permit,
  ): Promise<StoreOutcome>;
}
