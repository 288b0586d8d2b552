/**
 * Every code that Sluice answers or records: in problem details (RFC 9457 `code`), in dead letters and in start-up
 * refusals. A code, once published, keeps its meaning. `docs/errors.md` is held to this list by a test.
 */
const list = [
  // HTTP, the caller's side
  { code: 'AUTH_REQUIRED', status: 401, title: 'A function key is needed' },
  { code: 'BODY_TRUNCATED', status: 400, title: 'The request body ended too early' },
  { code: 'BODY_MALFORMED', status: 400, title: 'The request body cannot be parsed' },
  { code: 'BOUNDARY_MISSING', status: 400, title: 'The multipart boundary is missing' },
  { code: 'FILE_EMPTY', status: 400, title: 'The file is empty' },
  { code: 'FILE_MISSING', status: 400, title: 'No file in the form' },
  { code: 'FILE_TOO_LARGE', status: 413, title: 'The files are too large' },
  { code: 'FILE_TYPE_REFUSED', status: 415, title: 'This type of file is not accepted' },
  { code: 'MULTIPART_REQUIRED', status: 415, title: 'A multipart form is needed' },
  { code: 'PARAMETER_INVALID', status: 400, title: 'A parameter is not valid' },
  { code: 'TOO_MANY_FILES', status: 413, title: 'Too many files in one request' },
  { code: 'MEDIA_NOT_FOUND', status: 404, title: 'No such media item' },
  { code: 'DEAD_LETTER_NOT_FOUND', status: 404, title: 'No such dead letter' },
  { code: 'DEAD_LETTER_CLOSED', status: 409, title: 'The dead letter is closed already' },
  { code: 'REPLAY_UNSUPPORTED', status: 409, title: 'This dead letter cannot be replayed' },
  // HTTP, our side
  { code: 'STORAGE_UNAVAILABLE', status: 503, title: 'Storage does not answer' },
  { code: 'NOT_READY', status: 503, title: 'Not ready' },
  { code: 'INTERNAL', status: 500, title: 'Something went wrong on our side' },
  // Dead letters
  { code: 'MESSAGE_UNPARSABLE', title: 'The message is not JSON' },
  { code: 'EVENT_INVALID', title: 'The message is JSON but not an event we know' },
  { code: 'COPY_FAILED', title: 'The copy failed' },
  { code: 'VERIFY_FAILED', title: 'The copied bytes differ from the source' },
  { code: 'HOST_POISON', title: 'The host gave the message up' },
  // Start
  { code: 'SETTINGS_INVALID', title: 'A setting is missing or not valid' },
  { code: 'CREDENTIAL_MISSING', title: 'No way to reach storage is configured' },
] as const satisfies readonly { code: string; status?: number; title: string }[];

export type ErrorCode = (typeof list)[number]['code'];
/** Codes that are answered over HTTP. */
export type ProblemCode = Extract<(typeof list)[number], { status: number }>['code'];

export interface ErrorDefinition {
  readonly code: ErrorCode;
  /** HTTP status where the code is answered over HTTP. */
  readonly status?: number;
  readonly title: string;
}

export const errorDefinitions: readonly ErrorDefinition[] = list;

const byCode = new Map<string, ErrorDefinition>(list.map((definition) => [definition.code, definition]));

export function errorDefinition(code: ErrorCode): ErrorDefinition {
  const found = byCode.get(code);
  if (!found) throw new Error(`unknown error code ${code}`);
  return found;
}
