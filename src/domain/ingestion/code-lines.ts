import type { CodeSyntax } from './code-syntax';

/** A line of code, as far as its first characters and what stands open above it tell. */
export interface CodeLine {
  start: number;
  /** After its line end. */
  end: number;
  /** Its first character that is no space; `end` for a blank line. */
  first: number;
  /** Columns. */
  indent: number;
  /** Brackets that are open where it begins, less those that it closes at once. */
  depth: number;
  /** Whether it begins within a comment or string of several lines. */
  inside: boolean;
}

const TAB = 4;
const OTHER = 0;
const OPEN = 1;
const CLOSE = 2;
const QUOTE = 3;
const MAYBE = 4;

/**
 * Reads code line by line and knows which brackets, comments and strings are open. A quote ends with its line at the latest, and a
 * comment that nothing ends is none: what is misread stays near. Each character is looked at once.
 */
export class CodeLines {
  readonly #classes = new Uint8Array(128);
  #depth = 0;
  /** Where the comment or string ends that is open. */
  #insideUntil = 0;
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly syntax: CodeSyntax,
  ) {
    for (const bracket of '([{') this.#classes[bracket.charCodeAt(0)] = OPEN;
    for (const bracket of ')]}') this.#classes[bracket.charCodeAt(0)] = CLOSE;
    for (const quote of syntax.quotes) this.#classes[quote.charCodeAt(0)] = QUOTE;
    const begins = [...syntax.lineComments, ...syntax.spans.map(([begin]) => begin)];
    for (const begin of begins) this.#classes[begin.charCodeAt(0)] = MAYBE;
    this.#ends = syntax.spans.map(() => undefined);
  }

  /** The next line, in the same object each time; undefined at the end. */
  next(): Readonly<CodeLine> | undefined {
    const { text } = this;
    if (this.#at >= text.length) return undefined;
    const start = this.#at;
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline + 1;
    const line = this.#line;
    let first = start;
    let indent = 0;
    for (; first < end; first++) {
      const code = text.charCodeAt(first);
      if (code === 0x20) indent++;
      else if (code === 0x09) indent += TAB - (indent % TAB);
      else if (code > 0x20) break;
    }
    line.start = start;
    line.end = end;
    line.first = first;
    line.indent = indent;
    line.inside = start < this.#insideUntil;
    line.depth = Math.max(0, this.#depth - this.#closers(first, end));
    this.#scan(Math.max(first, this.#insideUntil), end);
    this.#at = end;
    return line;
  }

  readonly #line: CodeLine = { start: 0, end: 0, first: 0, indent: 0, depth: 0, inside: false };
  /** For each span, where its next end is, as far as it was looked for. */
  readonly #ends: (number | undefined)[];

  #closers(from: number, end: number): number {
    let at = from;
    while (at < end && this.#classes[this.text.charCodeAt(at)] === CLOSE) at++;
    return at - from;
  }

  #scan(from: number, end: number): void {
    const { text } = this;
    const classes = this.#classes;
    for (let at = from; at < end;) {
      const code = text.charCodeAt(at);
      const kind = code < 128 ? (classes[code] ?? OTHER) : OTHER;
      if (kind === OTHER) at++;
      else if (kind === OPEN) {
        this.#depth++;
        at++;
      } else if (kind === CLOSE) {
        this.#depth = Math.max(0, this.#depth - 1);
        at++;
      } else at = this.#skip(at, end, kind);
    }
  }

  /** Over a comment or string. */
  #skip(at: number, end: number, kind: number): number {
    const { text, syntax } = this;
    for (let index = 0; index < syntax.spans.length; index++) {
      const span = syntax.spans[index];
      if (!span || !text.startsWith(span[0], at)) continue;
      const from = at + span[0].length;
      const stop = this.#spanEnd(index, span[1], from);
      if (stop < 0) return from;
      this.#insideUntil = stop;
      return stop;
    }
    if (syntax.lineComments.some((begin) => text.startsWith(begin, at))) return end;
    if (kind !== QUOTE && !syntax.quotes.includes(text.charAt(at))) return at + 1;
    const quote = text.charCodeAt(at);
    for (let place = at + 1; place < end; place++) {
      const code = text.charCodeAt(place);
      if (code === 0x5c) place++;
      else if (code === quote) return place + 1;
    }
    return at + 1;
  }

  /** After the end of a span that begins before `from`; -1 when nothing ends it. */
  #spanEnd(index: number, end: string, from: number): number {
    let found = this.#ends[index];
    if (found === -1) return -1;
    if (found === undefined || found < from) {
      found = this.text.indexOf(end, from);
      while (found > 0 && end !== '*/' && this.text.charCodeAt(found - 1) === 0x5c)
        found = this.text.indexOf(end, found + 1);
      this.#ends[index] = found;
    }
    return found < 0 ? -1 : found + end.length;
  }
}
