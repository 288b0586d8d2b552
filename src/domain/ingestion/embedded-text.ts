import type { Chunk } from './chunk';

/**
 * Of the titles, in bytes of UTF-8, and so in tokens, since no token is less than a byte: the largest chunk there may be and this are
 * within what embedding models take (8,191).
 */
const LONGEST_TITLES = 160;
const JOINT = ' > ';
const BEFORE_TEXT = '\n\n';

/** Raise it when something else comes to be embedded for the same chunk: documents are embedded anew when they are seen again. */
export const EMBEDDED_TEXT = 'titled-1';

/**
 * What stands before a chunk's text when it is embedded: the titles that it stands under, outermost first. Where they are too long
 * together, the outer ones are left out, and a title that is too long by itself is cut. Empty where there are none.
 */
export function titlesBefore({ headings }: Pick<Chunk, 'headings'>): string {
  const titles: string[] = [];
  let left = LONGEST_TITLES - BEFORE_TEXT.length;
  for (const heading of [...headings].reverse()) {
    const title = heading.replace(/\s+/gu, ' ').trim();
    if (title === '') continue;
    const kept = cut(title, left);
    if (kept !== title && titles.length > 0) break;
    titles.unshift(kept);
    left -= bytesOf(kept) + JOINT.length;
  }
  return titles.length === 0 ? '' : `${titles.join(JOINT)}${BEFORE_TEXT}`;
}

/** What is embedded for a chunk: its own text below its titles, since a passage seldom says again what it is about. */
export function embeddedText(chunk: Pick<Chunk, 'headings'>, text: string): string {
  return titlesBefore(chunk) + text;
}

/** The characters at the beginning that have so many bytes. */
function cut(title: string, bytes: number): string {
  let kept = '';
  for (const character of title) {
    bytes -= bytesOf(character);
    if (bytes < 0) break;
    kept += character;
  }
  return kept;
}

function bytesOf(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0) ?? 0;
    bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}
