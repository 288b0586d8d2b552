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
  /** Brackets that are open where it begins, less those that it closes at once; 0 where they are not counted. */
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
  readonly #spans: readonly Span[];
  #depth = 0;
  /** Where the comment or string ends that is open. */
  #insideUntil = 0;
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly syntax: CodeSyntax,
    countsBrackets: boolean,
  ) {
    if (countsBrackets) {
      for (const bracket of '([{') this.#classes[bracket.charCodeAt(0)] = OPEN;
      for (const bracket of ')]}') this.#classes[bracket.charCodeAt(0)] = CLOSE;
    }
    for (const quote of syntax.quotes) this.#classes[quote.charCodeAt(0)] = QUOTE;
    const begins = [...syntax.lineComments, ...syntax.spans.map(([begin]) => begin)];
    for (const begin of begins) this.#classes[begin.charCodeAt(0)] = MAYBE;
    this.#spans = syntax.spans.map(([begin, end]) => ({
      begin,
      first: begin.charCodeAt(0),
      end,
      escapes: begin === end,
      next: -2,
    }));
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
  #closers(from: number, end: number): number {
    let at = from;
    while (at < end && this.#classes[this.text.charCodeAt(at)] === CLOSE) at++;
    return at - from;
  }

  #scan(from: number, end: number): void {
    const { text } = this;
    const classes = this.#classes;
    let depth = this.#depth;
    for (let at = from; at < end;) {
      const code = text.charCodeAt(at);
      const kind = code < 128 ? classes[code] : OTHER;
      if (kind === OTHER) at++;
      else if (kind === OPEN) {
        depth++;
        at++;
      } else if (kind === CLOSE) {
        if (depth > 0) depth--;
        at++;
      } else at = this.#skip(at, end, kind === QUOTE);
    }
    this.#depth = depth;
  }

  /** Over a comment or string. */
  #skip(at: number, end: number, isQuote: boolean): number {
    const { text } = this;
    const code = text.charCodeAt(at);
    for (const span of this.#spans) {
      if (span.first !== code || !text.startsWith(span.begin, at)) continue;
      const from = at + span.begin.length;
      const stop = this.#spanEnd(span, from);
      if (stop < 0) return from;
      this.#insideUntil = stop;
      return stop;
    }
    if (this.syntax.lineComments.some((begin) => text.startsWith(begin, at))) return end;
    if (!isQuote) return at + 1;
    for (let place = at + 1; place < end; place++) {
      const inner = text.charCodeAt(place);
      if (inner === 0x5c) place++;
      else if (inner === code) return place + 1;
    }
    return at + 1;
  }

  /** After the end of a span that begins before `from`; -1 when nothing ends it. */
  #spanEnd(span: Span, from: number): number {
    if (span.next < from && span.next !== -1) {
      let found = this.text.indexOf(span.end, from);
      while (found > 0 && span.escapes && this.text.charCodeAt(found - 1) === 0x5c)
        found = this.text.indexOf(span.end, found + 1);
      span.next = found;
    }
    return span.next < 0 ? -1 : span.next + span.end.length;
  }
}

interface Span {
  readonly begin: string;
  readonly first: number;
  readonly end: string;
  /** Whether a backslash keeps an end from being one. */
  readonly escapes: boolean;
  /** Where its next end is, as far as it was looked for; -1 when there is none any more. */
  next: number;
}
