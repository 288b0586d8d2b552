/** Sessions of the share watch (N1): the folder that files of one run get, on the share and in the container. */

export interface WatchSession {
  /** `YYYYMMDD`, UTC, of the start. */
  readonly date: string;
  readonly name: string;
  /** The name as a folder: URL-encoded. */
  readonly encoded: string;
}

export type NamedSession =
  { readonly kind: 'session'; readonly session: WatchSession } | { readonly kind: 'rejected'; readonly reason: string };

/** Longest encoded name in bytes: leaves room for date and file in names that NFS and blobs can hold. */
export const LONGEST_ENCODED = 200;

/** A blank or absent name becomes `00-session-<unique>`; give a sortable one (UUID version 7). */
export function nameSession(name: string | null | undefined, startMs: number, unique: string): NamedSession {
  const given = name === null || name === undefined || name.trim() === '' ? `00-session-${unique}` : name;
  if (given === '.' || given === '..')
    return rejected(`The session name ${JSON.stringify(given)} means a folder that exists already; choose another.`);
  if (/\p{Cs}/u.test(given))
    return rejected('The session name holds half a character (a lone surrogate); send proper UTF-8.');
  const encoded = encodeFolder(given);
  if (encoded.length > LONGEST_ENCODED)
    return rejected(
      `The session name takes ${encoded.length} bytes once it is URL-encoded; ${LONGEST_ENCODED} are the most.`,
    );
  return { kind: 'session', session: { date: utcDate(startMs), name: given, encoded } };
}

/**
 * Percent-encoding of all but RFC 3986's unreserved characters. A dot at the end is encoded too, since a blob name may have
 * no segment that ends with one.
 */
export function encodeFolder(name: string): string {
  return encodeURIComponent(name)
    .replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
    .replace(/\.$/, '%2E');
}

/** `YYYYMMDD` in UTC. */
export function utcDate(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10).replaceAll('-', '');
}

function rejected(reason: string): NamedSession {
  return { kind: 'rejected', reason };
}
