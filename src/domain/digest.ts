/** Hashes for names and ids. The one file of the domain that imports from Node: hashing is pure. */
import { createHash } from 'node:crypto';

/** SHA-256 of bytes, or of a text's UTF-8, in lower-case hexadecimal (64 characters). */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 of the UTF-8 text in base64url without padding (43 characters). */
export function sha256Base64Url(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url');
}

/** SHA-1 of bytes followed by UTF-8 text, 20 bytes: for UUIDs of version 5, which prescribe it. */
export function sha1(bytes: Uint8Array, text: string): Uint8Array {
  return createHash('sha1').update(bytes).update(text, 'utf8').digest();
}
