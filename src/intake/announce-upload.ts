/** `POST /v1/uploads`: a signed URL for one blob of any size, whose announcement the orchestration holds the blob to (M1b). */
import { directUploadRequest, UNKNOWN_TYPE, type DirectUpload } from '../domain/media/direct-upload';
import { isAllowedMime, isAllowedType } from '../domain/media/file-type';
import { mediaId, RAW_CONTAINER } from '../domain/media/media-event';
import { safeBlobName } from '../domain/media/safe-name';
import { problem, type Problem } from '../domain/problem';
import type { Clock } from '../ports/clock';
import type { DirectUploads, SignedUrl, SignUpload } from '../ports/direct-uploads';
import type { SignatureReader } from '../ports/signature';

export interface AnnouncedUpload extends SignedUrl {
  readonly upload: DirectUpload;
}

export type AnnounceResult =
  ({ readonly kind: 'announced' } & AnnouncedUpload) | { readonly kind: 'refused'; readonly problem: Problem };

export interface UploadAnnouncements {
  /** `body`: of the request, as text. */
  announce(body: string, traceparent: string | undefined): Promise<AnnounceResult>;
  /** Another URL for the same blob, when the first one's time is up. */
  renew(id: string): Promise<AnnounceResult>;
}

export function createUploadAnnouncements(
  ports: {
    uploads: DirectUploads;
    sign: SignUpload;
    signatures: SignatureReader;
    clock: Clock;
    unique: () => string;
  },
  { validMinutes, allowedTypes }: { readonly validMinutes: number; readonly allowedTypes: readonly string[] },
): UploadAnnouncements {
  async function signed(upload: DirectUpload): Promise<AnnounceResult> {
    const url = await ports.sign({ container: RAW_CONTAINER, name: upload.blob }, validMinutes);
    return { kind: 'announced', upload, ...url };
  }

  /** Why the file would be refused once it is there; what cannot be told yet is told then. */
  async function refusal({ contentType, head }: DirectUploadRequest): Promise<Problem | undefined> {
    const refused = (what: string): Problem =>
      problem('FILE_TYPE_REFUSED', `${what}; accepted: ${allowedTypes.join(', ')} (UPLOAD_ALLOWED_TYPES).`, {
        allowedTypes,
      });
    if (head !== undefined) {
      const detected = await ports.signatures.detect(Buffer.from(head, 'base64'));
      if (isAllowedType(detected, allowedTypes)) return undefined;
      return refused(`The file ${detected ? `is ${detected.mime} by its content` : 'has a content of no known type'}`);
    }
    if (contentType === UNKNOWN_TYPE || isAllowedMime(contentType, allowedTypes)) return undefined;
    return refused(`The file is announced as ${contentType}`);
  }

  return {
    async announce(body, traceparent) {
      const wanted = parse(body);
      if ('code' in wanted) return { kind: 'refused', problem: wanted };
      const refused = await refusal(wanted);
      if (refused) return { kind: 'refused', problem: refused };
      const blob = safeBlobName(wanted.name, ports.unique());
      const upload: DirectUpload = {
        id: mediaId(RAW_CONTAINER, blob),
        blob,
        size: wanted.size,
        contentType: wanted.contentType,
        announcedAt: new Date(ports.clock.now()).toISOString(),
        ...(traceparent ? { traceparent } : {}),
      };
      // Noted before anybody can write: a blob that comes is always known for what it was announced to be.
      await ports.uploads.put(upload);
      return signed(upload);
    },

    async renew(id) {
      const upload = /^[A-Za-z0-9_-]{22}$/.test(id) ? await ports.uploads.get(id) : undefined;
      if (upload) return signed(upload);
      const detail = 'No upload was announced under this id, or its time is over. Announce one: POST /v1/uploads.';
      return { kind: 'refused', problem: problem('UPLOAD_NOT_FOUND', detail) };
    },
  };
}

type DirectUploadRequest = ReturnType<typeof directUploadRequest.parse>;

function parse(body: string): DirectUploadRequest | Problem {
  let json: unknown;
  try {
    json = JSON.parse(body);
  } catch {
    return problem('PARAMETER_INVALID', `The body is not JSON. ${EXAMPLE}`);
  }
  const parsed = directUploadRequest.safeParse(json);
  if (parsed.success) return parsed.data;
  const first = parsed.error.issues[0];
  const where = first?.path.join('.') ?? '';
  return problem(
    'PARAMETER_INVALID',
    `${where === '' ? 'The body' : where}: ${first?.message ?? 'not valid'}. ${EXAMPLE}`,
  );
}

const EXAMPLE = 'Send {"name":"film.mp4","contentType":"video/mp4","size":123456}, size in bytes.';
