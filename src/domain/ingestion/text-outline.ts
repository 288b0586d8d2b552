import { Outline } from './outline';

const PARAGRAPH = 6;
const LINE = 7;
/** Characters; prose that is wrapped has shorter lines. */
const LONG_LINE = 200;

/**
 * Paragraphs, which blank lines part. The lines of one are units too when they do not look like wrapped prose, whose lines are
 * about equally long and often begin with a small letter: lists, logs, verse.
 *
 * @param records whether every line is a unit (CSV, logs)
 */
export function textOutline(text: string, records = false): Outline {
  const outline = new Outline(text.length, false);
  for (let at = 0; at < text.length;) {
    const { end, ragged, next } = paragraph(text, at);
    if (end > at) {
      outline.add(at, records ? LINE : PARAGRAPH);
      if (records || ragged)
        for (let line = text.indexOf('\n', at) + 1; line > 0 && line < end; line = text.indexOf('\n', line) + 1)
          outline.add(line, LINE);
    }
    at = next;
  }
  if (outline.length === 0 && text.length > 0) outline.add(0, PARAGRAPH);
  return outline;
}

interface Paragraph {
  /** After its last line. */
  readonly end: number;
  /** Where the next one starts, after blank lines. */
  readonly next: number;
  readonly ragged: boolean;
}

function paragraph(text: string, start: number): Paragraph {
  let end = start;
  let [lines, long, capital, sum, longest] = [0, 0, 0, 0, 0];
  for (let at = start; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const stop = newline < 0 ? text.length : newline + 1;
    if (isBlank(text, at, stop)) {
      at = stop;
      if (end > start) return { end, next: skipBlank(text, at), ragged: isRagged() };
      return { end: start, next: stop, ragged: false };
    }
    const length = stop - at;
    lines++;
    sum += length;
    longest = Math.max(longest, length);
    if (length > LONG_LINE) long++;
    const first = text.charCodeAt(at);
    if (first < 0x61 || (first > 0x7a && first < 0x80)) capital++;
    end = stop;
    at = stop;
  }
  return { end, next: text.length, ragged: isRagged() };

  function isRagged(): boolean {
    return lines > 2 && (long * 4 > lines || sum < longest * lines * 0.7 || capital * 5 >= lines * 4);
  }
}

function skipBlank(text: string, from: number): number {
  for (let at = from; at < text.length;) {
    const newline = text.indexOf('\n', at);
    const stop = newline < 0 ? text.length : newline + 1;
    if (!isBlank(text, at, stop)) return at;
    at = stop;
  }
  return text.length;
}

/** Whether a line holds spaces at most; looks at no more of it than it must. */
export function isBlank(text: string, from: number, to: number): boolean {
  for (let at = from; at < to; at++) {
    const code = text.charCodeAt(at);
    if (code !== 0x20 && code !== 0x09 && code !== 0x0d && code !== 0x0a && code !== 0x0c) return false;
  }
  return true;
}
