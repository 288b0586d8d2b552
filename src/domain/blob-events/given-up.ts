/** What is given up goes to the dead-letter store, which is the authority, and as a copy to the error queue. */
import type { ErrorCode } from '../error-codes';

export interface GivenUp {
  /** Tells this failure from others; the same on every try to bury it. */
  readonly unique: string;
  /** Milliseconds since the epoch; the same on every try. */
  readonly atMs: number;
  readonly code: ErrorCode;
  readonly error: string;
  readonly stack?: string;
  /** Times that it was tried. */
  readonly attempts: number;
  /** As it came, in its envelope where it has headers. */
  readonly message: string;
  /** The JSON of the event alone, as it came. */
  readonly text: string;
  readonly keys: Readonly<Record<string, string>>;
  /** The version that is published no more by itself; absent where the message names none. */
  readonly version?: { readonly name: string; readonly etag: string };
}

/** Bytes that a message for the error queue may have (C10: bodies over 48 KiB go by reference), and the original within it. */
const LONGEST_WHOLE = 48 * 1024;
const LONGEST_COPY = 40_000;

/**
 * Text for the error queue: the original message plus `error`, `stacktrace` and the id of its dead letter, which alone is left
 * of an original that is too long. One that is no JSON object stands in `message`.
 */
export function errorMessage(
  givenUp: Pick<GivenUp, 'text' | 'error' | 'stack' | 'code'>,
  deadLetterId: string,
): string {
  const { text, error, stack, code } = givenUp;
  const told = {
    error: error.slice(0, 2_000),
    stacktrace: (stack ?? '').slice(0, 4_000),
    code,
    dead_letter_id: deadLetterId,
  };
  const whole = JSON.stringify({ ...originalOf(text), ...told });
  // Written anew, an original may be longer than it came: 1e20 has 21 digits.
  return Buffer.byteLength(whole) <= LONGEST_WHOLE ? whole : JSON.stringify(told);
}

function originalOf(text: string): object {
  // As JSON, characters may take up six times their room.
  if (Buffer.byteLength(JSON.stringify(text)) > LONGEST_COPY) return {};
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch {
    // Told as text.
  }
  return { message: text };
}
