import { closesFence, markdownLine, titleOf, type MarkdownLine } from './markdown-line';
import { Outline } from './outline';
import { isBlank } from './text-outline';

/** Sections have the levels 0 to 5, by their headings' depth. */
const BLOCK = 6;
const ITEM = 7;
const DEEPEST_ITEM = 9;
const ROW = 10;
/** In fenced code: after a blank line and not indented, after a blank line, any other. */
const CODE_PART = 11;
const CODE_AFTER_BLANK = 12;
const CODE_LINE = 13;
/** Lines; front matter that is longer is none. */
const LONGEST_FRONT_MATTER = 500;

/**
 * Sections by their headings (`#` and underlined ones, not those in fenced code or front matter); in them blocks: paragraphs, lists,
 * tables, quotes, fenced code. In these, items, rows and lines of code. A table's first row stays with its head.
 */
export function markdownOutline(text: string): Outline {
  return new MarkdownReader(text).read();
}

class MarkdownReader {
  readonly #outline: Outline;
  #fence: string | undefined;
  #before: MarkdownLine['kind'] | 'front' = 'blank';
  /** Since when a list goes on; indentation of its outermost items. */
  #list: number | undefined;
  #rows = 0;
  /** Index and start of the paragraph that is being read. */
  #paragraph: { readonly index: number; readonly start: number } | undefined;

  constructor(private readonly text: string) {
    this.#outline = new Outline(text.length, true);
  }

  read(): Outline {
    const { text } = this;
    let start = frontMatterEnd(text);
    if (start > 0) this.#outline.add(0, BLOCK);
    while (start < text.length) {
      const newline = text.indexOf('\n', start);
      const end = newline < 0 ? text.length : newline + 1;
      if (this.#fence === undefined) this.#line(markdownLine(text, start, end), start);
      else this.#codeLine(this.#fence, start, end);
      start = end;
    }
    if (this.#outline.length === 0 && text.length > 0) this.#outline.add(0, BLOCK);
    return this.#outline;
  }

  #line(line: MarkdownLine, start: number): void {
    const before = this.#before;
    const paragraph = this.#paragraph;
    this.#before = line.kind;
    this.#paragraph = undefined;
    switch (line.kind) {
      case 'blank':
        this.#rows = 0;
        return;
      case 'heading':
        this.#list = undefined;
        this.#outline.mark(start, line.depth, line.title);
        this.#outline.add(start, line.depth - 1, true);
        return;
      case 'underline':
        if (paragraph && this.#list === undefined) {
          this.#outline.mark(paragraph.start, line.depth, titleOf(this.text.slice(paragraph.start, start)));
          this.#outline.relevel(paragraph.index, line.depth - 1, true);
          this.#before = 'heading';
        } else this.#block(start, line.indent);
        return;
      case 'fence':
        this.#fence = line.mark;
        this.#block(start, line.indent);
        return;
      case 'item':
        this.#item(start, line.indent);
        return;
      case 'row':
        if (before !== 'row') this.#block(start, line.indent);
        else if (++this.#rows > 2) this.#outline.add(start, ROW);
        return;
      case 'quote':
        if (before !== 'quote') this.#block(start, line.indent);
        return;
      case 'text':
        if (before === 'text' && paragraph) this.#paragraph = paragraph;
        else if (before !== 'item' && before !== 'quote' && !(before === 'text' && this.#list !== undefined))
          this.#paragraph = { index: this.#block(start, line.indent), start };
    }
  }

  /** A block; within a list when it is indented as far as one of its items' text. */
  #block(start: number, indent: number): number {
    const inList = this.#list !== undefined && indent > this.#list;
    if (!inList) this.#list = undefined;
    this.#rows = 0;
    return this.#outline.add(start, inList ? DEEPEST_ITEM : BLOCK);
  }

  #item(start: number, indent: number): void {
    if (this.#list === undefined) {
      this.#list = indent;
      this.#outline.add(start, BLOCK);
    } else {
      this.#list = Math.min(this.#list, indent);
      this.#outline.add(start, Math.min(DEEPEST_ITEM, ITEM + ((indent - this.#list) >> 1)));
    }
  }

  #codeLine(mark: string, start: number, end: number): void {
    const blank = isBlank(this.text, start, end);
    if (!blank && closesFence(this.text, start, end, mark)) {
      this.#fence = undefined;
      this.#before = 'fence';
      return;
    }
    if (!blank) {
      const afterBlank = this.#before === 'blank';
      const indented = this.text.charCodeAt(start) === 0x20 || this.text.charCodeAt(start) === 0x09;
      // The line after the fence stays with it.
      if (this.#before !== 'fence')
        this.#outline.add(start, !afterBlank ? CODE_LINE : indented ? CODE_AFTER_BLANK : CODE_PART);
    }
    this.#before = blank ? 'blank' : 'text';
  }
}

/** Where YAML front matter ends (`---` on the first line, and on its last); 0 when there is none. */
function frontMatterEnd(text: string): number {
  if (!/^---[ \t]*\r?\n/.test(text.slice(0, 100))) return 0;
  let start = text.indexOf('\n') + 1;
  for (let lines = 0; lines < LONGEST_FRONT_MATTER && start < text.length; lines++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    if (end - start <= 100 && /^(?:---|\.\.\.)[ \t]*\r?\n?$/.test(text.slice(start, end))) return end;
    start = end;
  }
  return 0;
}
