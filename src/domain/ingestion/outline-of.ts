import { codeOutline } from './code-outline';
import { markdownOutline } from './markdown-outline';
import type { Outline } from './outline';
import type { TextKind } from './text-kind';
import { textOutline } from './text-outline';

/** Reads a text as what it is. Takes any text as any kind: bad Markdown or broken code only has fewer good places. */
export function outlineOf(text: string, kind: TextKind): Outline {
  if (kind === 'markdown') return markdownOutline(text);
  if (kind === 'text' || kind === 'lines') return textOutline(text, kind === 'lines');
  return codeOutline(text, kind);
}
