/** What a file is by its first bytes, as the signature port found it. */
export interface DetectedType {
  /** `image/png` and so on. */
  readonly mime: string;
  readonly extension: string;
}

/**
 * Whether a file may be uploaded. `allowed` holds MIME types, `type/*` included; the header's claim never counts, only what
 * the bytes say.
 */
export function isAllowedType(detected: DetectedType | undefined, allowed: readonly string[]): boolean {
  if (allowed.includes('*/*')) return true;
  return detected !== undefined && isAllowedMime(detected.mime, allowed);
}

export function isAllowedMime(type: string, allowed: readonly string[]): boolean {
  const mime = type.toLowerCase();
  return allowed.some((pattern) =>
    pattern === '*/*'
      ? true
      : pattern.endsWith('/*')
        ? mime.startsWith(pattern.slice(0, -1).toLowerCase())
        : mime === pattern.toLowerCase(),
  );
}
