/**
 * Every code that Sluice answers or records: in problem details (RFC 9457 `code`), in dead letters and in start-up
 * refusals. A code, once published, keeps its meaning. docs/errors.md is made from this list.
 */
const list = [
  // HTTP, the caller's side
  {
    code: 'BODY_TRUNCATED',
    status: 400,
    title: 'The request body ended too early',
    remedy: 'Send the form again, whole. Nothing of it was stored.',
  },
  {
    code: 'BODY_MALFORMED',
    status: 400,
    title: 'The request body cannot be parsed',
    remedy: 'Let the client build the multipart form, as curl -F does.',
  },
  {
    code: 'BOUNDARY_MISSING',
    status: 400,
    title: 'The multipart boundary is missing',
    remedy: 'Do not set the Content-Type header by hand; the client writes it with the boundary.',
  },
  {
    code: 'BODY_TOO_LARGE',
    status: 413,
    title: 'The request body is too large',
    remedy: 'The detail says how much this route reads.',
  },
  {
    code: 'FILE_EMPTY',
    status: 400,
    title: 'The file is empty',
    remedy: 'Send a file with content. Nothing of the form was stored.',
  },
  {
    code: 'FILE_MISSING',
    status: 400,
    title: 'No file in the form',
    remedy: 'Name the form field "file": curl -F "file=@./heyo.png" …/upload',
  },
  {
    code: 'FILE_TOO_LARGE',
    status: 413,
    title: 'The files are too large',
    remedy: 'Send fewer or smaller files in one request, or raise UPLOAD_MAX_MB.',
  },
  {
    code: 'FILE_TYPE_REFUSED',
    status: 415,
    title: 'This type of file is not accepted',
    remedy: 'The type is told by the first bytes, not by name or header. UPLOAD_ALLOWED_TYPES lists what is accepted.',
  },
  {
    code: 'MULTIPART_REQUIRED',
    status: 415,
    title: 'A multipart form is needed',
    remedy: 'Send multipart/form-data: curl -F "file=@./heyo.png" …/upload',
  },
  {
    code: 'PARAMETER_INVALID',
    status: 400,
    title: 'A parameter is not valid',
    remedy: 'The detail says which one, and what it accepts.',
  },
  {
    code: 'TOO_MANY_FILES',
    status: 413,
    title: 'Too many files in one request',
    remedy: 'Spread them over several requests, or raise UPLOAD_MAX_FILES.',
  },
  {
    code: 'MEDIA_NOT_FOUND',
    status: 404,
    title: 'No such media item',
    remedy: 'Use the id that POST /upload answered. A file put by other means appears once its event arrived.',
  },
  {
    code: 'UPLOAD_NOT_FOUND',
    status: 404,
    title: 'No such upload',
    remedy: 'Use the id that POST /v1/uploads answered, or announce the file again.',
  },
  {
    code: 'DEAD_LETTER_NOT_FOUND',
    status: 404,
    title: 'No such dead letter',
    remedy: 'GET /v1/dead-letters lists those there are.',
  },
  {
    code: 'DEAD_LETTER_CLOSED',
    status: 409,
    title: 'The dead letter is closed already',
    remedy: 'It was replayed or discarded before. If its work failed again, a new dead letter stands for that.',
  },
  {
    code: 'REPLAY_UNSUPPORTED',
    status: 409,
    title: 'This dead letter cannot be replayed',
    remedy: 'It names no queue to send its message to; act on its message by hand.',
  },
  {
    code: 'REQUEST_INVALID',
    status: 400,
    title: 'The body of the request is not what it should be',
    remedy: 'The detail says what was found and what is accepted. Send JSON.',
  },
  {
    code: 'SESSION_NAME_INVALID',
    status: 400,
    title: 'The session cannot have this name',
    remedy:
      'It becomes a folder: not . or .., and at most 200 bytes once URL-encoded. Leave it out for a generated one.',
  },
  {
    code: 'DOCUMENT_NOT_FOUND',
    status: 404,
    title: 'No such document',
    remedy: 'GET /v1/documents lists those there are; documentId and projectId together name one.',
  },
  {
    code: 'ITEMS_NOT_KEPT',
    status: 501,
    title: 'Nobody notes where files and orders are',
    remedy: 'Set ITEMS_STORE to table, or to sqlite on one machine, and restart; what comes from then on is found.',
  },
  {
    code: 'SESSION_RUNNING',
    status: 409,
    title: 'A session is running',
    remedy: 'A dry run would end it. Stop it first (POST /v1/watch/stop), then start the dry run.',
  },
  // HTTP, our side
  {
    code: 'STORAGE_UNAVAILABLE',
    status: 503,
    title: 'Storage does not answer',
    remedy: 'Try again after the Retry-After time. What was not acknowledged was not stored.',
  },
  {
    code: 'EMBEDDER_UNAVAILABLE',
    status: 503,
    title: 'The embedding service does not answer',
    remedy:
      'Try again after the Retry-After time. A dead letter with this code can be replayed once the service answers again.',
  },
  {
    code: 'INDEX_MODEL_MIXED',
    status: 503,
    title: 'The index holds vectors of another embedding model',
    remedy:
      'Vectors of two models cannot be compared. Set the embedder that the index was made with, or make the index anew: npm run reindex.',
  },
  {
    code: 'NOT_READY',
    status: 503,
    title: 'Not ready',
    remedy: 'The detail names the backend that does not answer, or the settings that are wrong.',
  },
  {
    code: 'INTERNAL',
    status: 500,
    title: 'Something went wrong on our side',
    remedy: 'Look for the invocation id in the log.',
  },
  // Dead letters
  {
    code: 'MESSAGE_UNPARSABLE',
    title: 'The message is not JSON',
    remedy: 'Find out who writes to this queue; the message is kept as it came.',
  },
  {
    code: 'EVENT_INVALID',
    title: 'The message is JSON but not an event we know',
    remedy: 'Events are Event Grid schema or CloudEvents 1.0, alone or in an array. Check the event subscription.',
  },
  {
    code: 'COPY_FAILED',
    title: 'The copy failed',
    remedy: 'The error says why storage refused. Mend that, then replay the dead letter.',
  },
  {
    code: 'VERIFY_FAILED',
    title: 'The copied bytes differ from the source',
    remedy:
      'The source is untouched. Replay the dead letter to copy again; if it comes back, suspect whoever writes to the destination.',
  },
  {
    code: 'FILE_SIZE_WRONG',
    title: 'The file is not as long as announced',
    remedy: 'Announce the file again with its size in bytes (POST /v1/uploads), and upload all of it.',
  },
  {
    code: 'SHARE_FAILED',
    title: 'The share refused, or did not answer',
    remedy:
      'The error holds the system’s code (EACCES, ESTALE, EIO, …). Mend the share or the rights on the file, then replay.',
  },
  {
    code: 'STAGING_FAILED',
    title: 'The file cannot be copied to the staging folder',
    remedy: 'APP_LOCAL_STAGING_ROOT needs room for the largest files times APP_WORKER_CONCURRENCY. Then replay.',
  },
  {
    code: 'UPLOAD_FAILED',
    title: 'The upload failed',
    remedy: 'The error says what storage answered. The source is untouched. Mend that, then replay.',
  },
  {
    code: 'NAME_UNSUPPORTED',
    title: 'No blob can have this name',
    remedy: 'The path has more than 1,024 characters or 254 folders. Rename the file, then replay.',
  },
  {
    code: 'SOURCE_CHANGING',
    title: 'The file keeps changing while it is copied',
    remedy:
      'Its writer never ends, and another file of its name waits in the incoming folder. Stop the writer, then replay.',
  },
  {
    code: 'ORDER_INVALID',
    title: 'The order event lacks what it must have',
    remedy: 'The error names the field. An event has schemaVersion, tenantId, orderId and requestId; see README.',
  },
  {
    code: 'SCHEMA_UNSUPPORTED',
    title: 'The order event has a schema version that this release does not know',
    remedy: 'Deploy a release that knows it, then replay the dead letter. 1.x is understood here.',
  },
  {
    code: 'ORDER_REFUSED',
    title: 'The downstream service refused the order',
    remedy: 'The error holds its answer. Mend the order or the service, then replay the dead letter.',
  },
  {
    code: 'ORDER_UNDELIVERED',
    title: 'The downstream service did not take the order',
    remedy: 'It failed at every attempt (ORDERS_MAX_ATTEMPTS). Mend the service, then replay the dead letter.',
  },
  {
    code: 'ORDER_LATE',
    title: 'The order went on without this event',
    remedy:
      'Its sequence came after a later one was settled. Decide whether it still applies: a replay applies it all the same.',
  },
  {
    code: 'ORDER_TOO_OLD',
    title: 'The order event is older than what is remembered of orders',
    remedy:
      'Nobody knows any more whether it was applied. If it was not, replay it. Set RETENTION_DAYS_ORDERS above the retention of the topic or event hub.',
  },
  {
    code: 'MESSAGE_TOO_LARGE',
    title: 'The message is too large to be one of ours',
    remedy: 'Find out who writes to this queue; the message is kept as it came.',
  },
  {
    code: 'BLOB_EVENT_INVALID',
    title: 'The message is JSON but no blob event',
    remedy: 'The error names the fields. A blob event has container, path, blob, dest and timestamp; see README.',
  },
  {
    code: 'BLOB_CONTAINER_REFUSED',
    title: 'The blob event names another container than incoming',
    remedy: 'Blobs are moved out of incoming alone. Put the blob there; it gets its message by itself.',
  },
  {
    code: 'BLOB_DESTINATION_REFUSED',
    title: 'The blob event names a destination that is not its blob’s',
    remedy: 'dest is processed/{id}-{blob}, and nothing else. Find out who writes to this queue.',
  },
  {
    code: 'BLOB_UNKNOWN',
    title: 'There is no such blob, and none was moved to this destination',
    remedy: 'The message was not made for a blob of this account. Find out who writes to this queue.',
  },
  {
    code: 'MOVE_FAILED',
    title: 'The blob could not be moved',
    remedy:
      'The error says why storage refused (a lease, snapshots, a policy, an outage). The blob is still in incoming. Mend that, then replay.',
  },
  {
    code: 'INGESTION_INPUT_INVALID',
    title: 'The text, or the message that asks for it, is not what it should be',
    remedy:
      'embeddings_orchestrator takes {projectId, name, text}; a replay takes {container, name}. The error names the field.',
  },
  {
    code: 'INGESTION_NOT_STARTED',
    title: 'The ingestion of a blob could not be started',
    remedy: 'The error says what failed three times. The blob is untouched. Mend that, then replay.',
  },
  {
    code: 'INGESTION_FAILED',
    title: 'The ingestion of a text failed',
    remedy: 'The error says at what. What was searchable before still is. Mend that, then replay.',
  },
  {
    code: 'CONTENT_QUARANTINED',
    title: 'The content of a blob was refused',
    remedy:
      'The error names the rule. The blob lies in the container ingestion-quarantine, under the name in keys; mend it and upload it again. A text that may be read all the same: replay the dead letter, which puts the blob back and lets this content through under its name from then on. A replay of many does so only where it names this code.',
  },
  {
    code: 'EMBEDDING_REFUSED',
    title: 'The embedding service refuses the text',
    remedy:
      'The error is its answer (a content filter, a text that is too long). Mend the text or the service’s rules, then replay.',
  },
  {
    code: 'INDEX_FAILED',
    title: 'The store did not take the chunks',
    remedy: 'The error says why. What was searchable before still is. Mend that, then replay.',
  },
  {
    code: 'WORKING_COPY_LOST',
    title: 'The working copy of a long text is gone',
    remedy: 'Somebody removed it from the container ingestion-work. A replay reads the blob again.',
  },
  {
    code: 'HOST_POISON',
    title: 'The host gave the message up',
    remedy:
      'Its function failed at every delivery; the log of that function says why. Mend that, then replay the dead letter.',
  },
  // Start
  {
    code: 'SETTINGS_INVALID',
    title: 'A setting is missing or not valid',
    remedy: 'The line names the setting, what was found, what is accepted, and an example. See docs/settings.md.',
  },
  {
    code: 'CREDENTIAL_MISSING',
    title: 'No way to reach storage is configured',
    remedy: 'Give AzureWebJobsStorage__accountName for identity, or a connection string in AzureWebJobsStorage.',
  },
] as const satisfies readonly ErrorEntry[];

interface ErrorEntry {
  readonly code: string;
  readonly status?: number;
  readonly title: string;
  readonly remedy: string;
}

export type ErrorCode = (typeof list)[number]['code'];
/** Codes that are answered over HTTP. */
export type ProblemCode = Extract<(typeof list)[number], { status: number }>['code'];

export interface ErrorDefinition extends ErrorEntry {
  readonly code: ErrorCode;
}

/** `status` is there for codes that are answered over HTTP. */
export const errorDefinitions: readonly ErrorDefinition[] = list;

const byCode = new Map<string, ErrorDefinition>(list.map((definition) => [definition.code, definition]));

export function errorDefinition(code: ErrorCode): ErrorDefinition {
  const found = byCode.get(code);
  if (!found) throw new Error(`unknown error code ${code}`);
  return found;
}
