import type { Readable } from 'node:stream';

/** One file of a multipart form, to be read while it arrives. */
export interface FormFile {
  /** Name of the form field. */
  readonly field: string;
  /** As the client sent it: hostile. */
  readonly fileName: string;
  /** Fails when the client hangs up or the form is cut short. */
  readonly content: AsyncIterable<Uint8Array>;
}

export interface Form {
  readonly contentType: string | undefined;
  readonly body: Readable;
}

export type FormEnd =
  | { readonly kind: 'complete' }
  /** The file handler said stop. */
  | { readonly kind: 'stopped' }
  | {
      readonly kind: 'rejected';
      readonly code: 'MULTIPART_REQUIRED' | 'BOUNDARY_MISSING' | 'BODY_TRUNCATED' | 'BODY_MALFORMED' | 'TOO_MANY_FILES';
      readonly detail: string;
    };

export interface FormReader {
  /**
   * Reads `multipart/form-data` (RFC 7578) and calls `onFile` for one file after the other; what `onFile` leaves unread is
   * discarded. Resolves once the whole form was read or refused. Rejects with what `onFile` throws.
   */
  read(
    form: Form,
    limits: { readonly maxFiles: number },
    onFile: (file: FormFile) => Promise<'next' | 'stop'>,
  ): Promise<FormEnd>;
  /** Reads a refused body on and throws it away, within bounds, so that its client gets to read the answer. */
  discard(body: Readable): void;
}
