/**
 * What one line of Markdown is, looked at by itself (CommonMark 0.31, and tables and front matter as GitHub has them). Looks at
 * the beginning of a line, and at the rest only where the beginning leaves it open.
 */
export type MarkdownLine =
  | { readonly kind: 'blank' | 'text' | 'quote' | 'row' | 'item'; readonly indent: number }
  | { readonly kind: 'heading'; readonly indent: number; readonly depth: number; readonly title: string }
  | { readonly kind: 'underline'; readonly indent: number; readonly depth: number }
  | { readonly kind: 'fence'; readonly indent: number; readonly mark: string };

const TAB = 4;
/** Characters of a title that are kept. */
const LONGEST_TITLE = 200;
const FENCE = /(?:`{3,}(?=[^`\r\n]*\r?\n?$)|~{3,})/y;
const ITEM = /(?:[-*+]|\d{1,9}[.)])(?=[ \t\r\n]|$)/y;
const HEADING = /#{1,6}(?=[ \t\r\n]|$)/y;
const UNDERLINE = /(?:=+|-+)[ \t]*\r?\n?$/y;
/** A line is looked at that far, so that one of 9 MB costs no more than another. */
const REACH = 1000;

export function markdownLine(text: string, start: number, end: number): MarkdownLine {
  let at = start;
  let indent = 0;
  for (; at < end; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x20) indent++;
    else if (code === 0x09) indent += TAB - (indent % TAB);
    else break;
  }
  const first = at < end ? text.charCodeAt(at) : 0x0a;
  switch (first) {
    case 0x0a:
    case 0x0d:
      return { kind: 'blank', indent };
    case 0x23: {
      const marks = indent < 4 ? match(HEADING, text, at, end) : '';
      if (marks)
        return { kind: 'heading', indent, depth: marks.length, title: titleOf(text.slice(at + marks.length, end)) };
      break;
    }
    case 0x60:
    case 0x7e: {
      const mark = match(FENCE, text, at, end);
      if (mark) return { kind: 'fence', indent, mark };
      break;
    }
    case 0x7c:
      return { kind: 'row', indent };
    case 0x3e:
      return { kind: 'quote', indent };
    case 0x3d:
      if (indent < 4 && match(UNDERLINE, text, at, end)) return { kind: 'underline', indent, depth: 1 };
      break;
    case 0x2d:
      if (indent < 4 && match(UNDERLINE, text, at, end)) return { kind: 'underline', indent, depth: 2 };
      if (match(ITEM, text, at, end)) return { kind: 'item', indent };
      break;
    default:
      if ((first === 0x2a || first === 0x2b || (first >= 0x30 && first <= 0x39)) && match(ITEM, text, at, end))
        return { kind: 'item', indent };
  }
  return { kind: 'text', indent };
}

/** Whether a line ends the block that a fence began: the same mark, as long at least, and nothing after it. */
export function closesFence(text: string, start: number, end: number, mark: string): boolean {
  if (end - start > REACH) return false;
  const line = text.slice(start, end).trim();
  return line.length >= mark.length && line === mark.charAt(0).repeat(line.length);
}

/** A title as readers see it: without closing marks, emphasis, code marks and link targets. */
export function titleOf(raw: string): string {
  const line = raw.slice(0, REACH).trim();
  const plain = line
    .replace(/(?:^|[ \t])#+$/, '')
    .replace(/!?\[([^\][]{0,200})\]\([^()\s]{0,500}\)/g, '$1')
    .replace(/[`*]|(?<![\p{L}\p{N}])__?|__?(?![\p{L}\p{N}_])/gu, '')
    .replace(/\s+/g, ' ')
    .trim();
  return plain.length <= LONGEST_TITLE ? plain : `${[...plain.slice(0, LONGEST_TITLE)].slice(0, -1).join('')}…`;
}

function match(pattern: RegExp, text: string, at: number, end: number): string {
  const line = text.slice(at, Math.min(end, at + REACH));
  pattern.lastIndex = 0;
  return pattern.exec(line)?.[0] ?? '';
}
