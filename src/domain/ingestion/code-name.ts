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
/** Words before a bracket that declare nothing. */
const CONTROL = new Set(
  'if for foreach while switch catch return else elseif elif do with when match throw new await yield typeof sizeof assert lock using unless until and or not in is function describe it test expect'.split(
    ' ',
  ),
);

/**
 * The name of the class, function or method that the line declares; undefined for any other line. `braces`: whether the language
 * has functions without a keyword, as `int main() {` and methods in JavaScript.
 */
export function codeName(text: string, first: number, end: number, braces: boolean): string | undefined {
  const line = text.slice(first, Math.min(end, first + REACH)).trimEnd();
  const name =
    DECLARATION.exec(line)?.[1] ??
    IMPLEMENTATION.exec(line)?.[1]?.trim() ??
    ASSIGNED.exec(line)?.[1] ??
    SQL.exec(line)?.[1] ??
    (braces ? functionName(line) : undefined);
  return name ? name.slice(0, LONGEST_NAME) : undefined;
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
