/**
 * The blob name of a claimed file: its path as it stands, wherever a blob can have it
 * (https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).
 *
 * A segment that a blob name cannot hold (control characters, `\`, private or no characters, a dot at its end) is written as
 * `~x~` and the segment with those characters and `%` percent-encoded; so is one that itself begins with `~x~`. Distinct files
 * keep distinct names, and the file's own name stands in the blob's metadata.
 */
export type BlobName =
  { readonly kind: 'name'; readonly name: string } | { readonly kind: 'unsupported'; readonly reason: string };

const MARK = '~x~';
const LONGEST = 1024;
const MOST_SEGMENTS = 254;
const refused = /[\p{Cc}\p{Co}\p{Cs}\p{Noncharacter_Code_Point}\\]|\.$/u;
const encoded = /[\p{Cc}\p{Co}\p{Noncharacter_Code_Point}\\%]|\.$/gu;

export function blobNameOf(path: string): BlobName {
  const segments = path.split('/').map(segmentName);
  const name = segments.join('/');
  if (name.length > LONGEST)
    return unsupported(`its blob name would have ${name.length} characters, and ${LONGEST} are the most`);
  if (segments.length > MOST_SEGMENTS)
    return unsupported(`it lies ${segments.length} folders deep, and a blob name has ${MOST_SEGMENTS} at most`);
  return { kind: 'name', name };
}

function segmentName(segment: string): string {
  if (!segment.startsWith(MARK) && !refused.test(segment)) return segment;
  return MARK + segment.replace(encoded, (c) => (c === '.' ? '%2E' : encodeURIComponent(c)));
}

function unsupported(reason: string): BlobName {
  return { kind: 'unsupported', reason };
}
