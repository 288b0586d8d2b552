/** What a declaration names, read from its first line. */

/** Characters of a line that are looked at. */
const REACH = 240;
const LONGEST_NAME = 100;
const DECLARATION =
  /^(?:[\w@]+(?:\([^()]*\))?\s+){0,6}?(?:class|interface|struct|enum|record|namespace|module|mod|trait|union|object|protocol|extension|def|fn|func|function|fun|sub|type)\b\s*\*?\s*(?:\([^()]*\)\s*)?([\p{L}_$~][\p{L}\p{N}_$:.~]*)/u;
const IMPLEMENTATION = /^(?:unsafe\s+)?impl\b\s*(?:<[^>]*>\s*)?([^{]*)/;
const ASSIGNED =
  /^(?:export\s+)?(?:default\s+)?(?:const|let|var)\s+([\p{L}_$][\p{L}\p{N}_$]*)\s*(?::[^=]*)?=\s*(?:async\b\s*)?(?:function\b|\([^()]*\)\s*(?::[^=]*)?=>|\($|[\p{L}_$][\p{L}\p{N}_$]*\s*=>)/u;
const SQL =
  /^create\s+(?:or\s+replace\s+)?(?:\w+\s+){0,3}?(?:table|view|function|procedure|trigger|index)\s+(?:if\s+not\s+exists\s+)?([\w.[\]"]+)/i;
/** Words that such lines begin with; a line that begins with another is looked at no further. */
const BEGINS = words(
  'class interface struct enum record namespace module mod trait union object protocol extension def fn func function fun sub type impl ' +
    'export default declare async const let var public private protected internal static abstract final override virtual sealed ' +
    'partial readonly unsafe extern pub open data inline companion suspend fileprivate template typedef create local defp defmodule',
);
/** Words that a statement begins with, or that stand before a bracket, and that declare nothing. */
const CONTROL = words(
  'if for foreach while switch catch return else elseif elif do with when match throw new await yield typeof sizeof assert lock using ' +
    'unless until and or not in is case function describe it test expect',
);

/**
 * The name of the class, function or method that the line declares; undefined for any other line. `braces`: whether the language
 * has functions without a keyword, as `int main() {` and methods in JavaScript.
 */
export function codeName(text: string, first: number, end: number, braces: boolean): string | undefined {
  const word = wordAt(text, first, end);
  const declares = BEGINS.has(word.toLowerCase());
  if (!declares && (!braces || CONTROL.has(word) || !mayBeFunction(text, first, end))) return undefined;
  const line = text.slice(first, Math.min(end, first + REACH)).trimEnd();
  const name =
    (declares
      ? (DECLARATION.exec(line)?.[1] ??
        IMPLEMENTATION.exec(line)?.[1]?.trim() ??
        ASSIGNED.exec(line)?.[1] ??
        SQL.exec(line)?.[1])
      : undefined) ?? (braces ? functionName(line) : undefined);
  return name ? name.slice(0, LONGEST_NAME) : undefined;
}

/** The letters that a line begins with. */
function wordAt(text: string, first: number, end: number): string {
  let at = first;
  for (; at < end; at++) {
    const code = text.charCodeAt(at) | 0x20;
    if (code < 0x61 || code > 0x7a) break;
  }
  return text.slice(first, Math.min(at, first + REACH));
}

/** By its last character. */
function mayBeFunction(text: string, first: number, end: number): boolean {
  let last = end - 1;
  while (last > first && text.charCodeAt(last) <= 0x20) last--;
  const code = text.charCodeAt(last);
  return code === 0x7b || code === 0x28 || code === 0x29 || code === 0x2c;
}

/** `static int main(args) {`: words, a name, a bracket, and no sign of a statement. */
function functionName(line: string): string | undefined {
  const bracket = line.indexOf('(');
  const last = line.charAt(line.length - 1);
  if (bracket < 1 || !(last === '{' || last === ')' || last === ',' || last === '(')) return undefined;
  if (/["'`]/.test(line.charAt(bracket + 1))) return undefined;
  const before = line.slice(0, bracket).trimEnd();
  const name = /[\p{L}_$~#][\p{L}\p{N}_$]*$/u.exec(before)?.[0];
  if (!name || CONTROL.has(name)) return undefined;
  const words = before.slice(0, before.length - name.length);
  const plain =
    /^[\p{L}\p{N}_<>[\],*&:?@~\s]*$/u.test(words) && !/(?:^|\s)(?:return|else|new|await|throw|case)\s/.test(words);
  // A call alone on its line ends with a bracket; a method is followed by its block.
  return plain && (words.trim() !== '' || last === '{' || last === '(') ? name : undefined;
}

function words(list: string): ReadonlySet<string> {
  return new Set(list.split(' '));
}
