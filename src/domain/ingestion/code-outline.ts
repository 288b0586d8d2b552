import { CodeLines, type CodeLine } from './code-lines';
import { codeName } from './code-name';
import { CODE_SYNTAXES, type CodeLanguage, type CodeSyntax } from './code-syntax';
import { Outline } from './outline';

/** Depths that are told apart; deeper lines count as that deep. */
const DEEPEST = 30;
/** Characters that are read to see how a text is indented. */
const SAMPLE = 8000;
/** Of so many lines one is indented, at least. */
const LEAST_INDENTED = 12;
/** Begins of lines that go on with what stands before them, and the characters that these begin with. */
const GOES_ON =
  /(?:[)\]}]|else\b|elif\b|elsif\b|except\b|finally\b|catch\b|rescue\b|ensure\b|end\b|then\b|done\b|fi\b|\{[ \t]*(?:\r?\n|$))/y;
const GOING_ON = new Set([')', ']', '}', '{', 'e', 'f', 'c', 'r', 't', 'd'].map((begin) => begin.charCodeAt(0)));

/**
 * Functions, classes and statements by their indentation; in languages with braces that are not indented, by braces. Each line is a
 * unit, except those that go on with the one before. Comments, decorators and attributes right above a declaration belong to it.
 * Three levels for each depth: after a blank line or a declaration, any other line, a line within a comment or string.
 */
export function codeOutline(text: string, language: CodeLanguage): Outline {
  const syntax: CodeSyntax = CODE_SYNTAXES[language];
  return new CodeReader(text, syntax, syntax.braces && !isIndented(text)).read();
}

class CodeReader {
  readonly #outline: Outline;
  /** Columns, or brackets, of the depths that are open. */
  readonly #columns: number[] = [];
  #blankBefore = true;
  /** Unit that began with a comment or decorator and waits for what it belongs to. */
  #lead: { readonly index: number; readonly start: number; readonly depth: number } | undefined;
  #named = 0;

  constructor(
    private readonly text: string,
    private readonly syntax: CodeSyntax,
    private readonly byBraces: boolean,
  ) {
    this.#outline = new Outline(text.length, false);
  }

  read(): Outline {
    const lines = new CodeLines(this.text, this.syntax, this.byBraces);
    for (let line = lines.next(); line; line = lines.next()) {
      if (line.first >= line.end) {
        if (!line.inside) {
          this.#blankBefore = true;
          this.#lead = undefined;
        }
      } else if (line.inside) this.#inner(line.start);
      else this.#line(line);
    }
    if (this.#outline.length === 0 && this.text.length > 0) this.#outline.add(0, 0);
    return this.#outline;
  }

  #line(line: Readonly<CodeLine>): void {
    const { start, first, end } = line;
    if (this.#goesOn(first)) {
      this.#inner(start);
      return;
    }
    const depth = this.#depthOf(this.byBraces ? line.depth : line.indent);
    const name = codeName(this.text, first, end, this.syntax.braces);
    const lead = this.#lead?.depth === depth ? this.#lead : undefined;
    const isLead = name === undefined && this.syntax.leads.includes(this.text.charAt(first));
    const level = depth * 3 + (this.#blankBefore || name !== undefined ? 0 : 1);
    if (lead && (name !== undefined || isLead)) {
      if (name !== undefined) this.#outline.relevel(lead.index, depth * 3, true);
    } else {
      const index = this.#outline.add(start, level, name !== undefined);
      this.#lead = isLead ? { index, start, depth } : undefined;
    }
    if (!isLead) this.#lead = undefined;
    if (name !== undefined) {
      this.#outline.mark(lead?.start ?? start, depth, name);
      this.#named = depth + 1;
    } else if (depth < this.#named && !isLead) {
      this.#outline.mark(start, depth, undefined);
      this.#named = depth;
    }
    this.#blankBefore = false;
  }

  /** A line that belongs to what stands before it: a place to cut, but a bad one. */
  #inner(start: number): void {
    this.#outline.add(start, Math.min(DEEPEST, this.#columns.length) * 3 + 2);
    this.#blankBefore = false;
  }

  #goesOn(first: number): boolean {
    if (!GOING_ON.has(this.text.charCodeAt(first))) return false;
    GOES_ON.lastIndex = first;
    return GOES_ON.test(this.text);
  }

  #depthOf(columns: number): number {
    while ((this.#columns.at(-1) ?? -1) >= columns) this.#columns.pop();
    if (this.#columns.length < DEEPEST) this.#columns.push(columns);
    return Math.max(0, this.#columns.length - 1);
  }
}

/** Whether some lines are indented, and so the others tell by that what they are in. */
function isIndented(text: string): boolean {
  const end = Math.min(text.length, SAMPLE);
  let [lines, indented] = [0, 0];
  for (let at = 0; at < end; lines++) {
    const first = text.charCodeAt(at);
    if (first === 0x20 || first === 0x09) indented++;
    const newline = text.indexOf('\n', at);
    if (newline < 0) break;
    at = newline + 1;
  }
  return indented * LEAST_INDENTED >= lines;
}
