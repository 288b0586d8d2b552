/**
 * Include and exclude patterns for file names: `*` and `?` stay within a folder, `**` crosses folders, `[a-z]` and `{a,b}` choose.
 * A pattern without `/` means the file's name in any folder. Matching takes time linear in name times pattern: no pattern can
 * make it hang.
 */
type Token =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'any' | 'star' | 'globstar' }
  | { readonly kind: 'set'; readonly negated: boolean; readonly ranges: readonly (readonly [string, string])[] };

export type NamePattern = (path: string) => boolean;
export type CompiledPattern =
  { readonly kind: 'pattern'; readonly matches: NamePattern } | { readonly kind: 'rejected'; readonly reason: string };

const LONGEST = 1000;
const MOST_ALTERNATIVES = 64;

export function compilePattern(pattern: string): CompiledPattern {
  const shown = JSON.stringify(pattern.slice(0, 100));
  if (pattern === '' || pattern.length > LONGEST)
    return {
      kind: 'rejected',
      reason: `The pattern ${shown} has ${pattern.length} characters; 1 to ${LONGEST} are accepted.`,
    };
  const alternatives = expandBraces(pattern);
  if (alternatives.length > MOST_ALTERNATIVES)
    return { kind: 'rejected', reason: `The pattern ${shown} stands for more than ${MOST_ALTERNATIVES} patterns.` };
  const compiled = alternatives.map(tokens);
  const byName = !pattern.includes('/');
  return {
    kind: 'pattern',
    matches: (path) => {
      const text = [...(byName ? path.slice(path.lastIndexOf('/') + 1) : path)];
      return compiled.some((each) => run(each, text));
    },
  };
}

function expandBraces(pattern: string): string[] {
  const inner = /\{([^{}]*)\}/.exec(pattern);
  if (!inner) return [pattern];
  const found: string[] = [];
  for (const choice of (inner[1] ?? '').split(',')) {
    found.push(...expandBraces(pattern.slice(0, inner.index) + choice + pattern.slice(inner.index + inner[0].length)));
    if (found.length > MOST_ALTERNATIVES) break;
  }
  return found;
}

function tokens(pattern: string): Token[] {
  const found: Token[] = [];
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const c = characters[i] ?? '';
    if (c === '*') {
      const wide = characters[i + 1] === '*';
      while (characters[i + 1] === '*') i++;
      // `**/` stands for no folder too.
      if (wide && characters[i + 1] === '/') i++;
      found.push({ kind: wide ? 'globstar' : 'star' });
    } else if (c === '?') found.push({ kind: 'any' });
    else if (c === '[') {
      const end = characters.indexOf(']', i + 2);
      if (end < 0) found.push({ kind: 'text', text: c });
      else {
        found.push(setOf(characters.slice(i + 1, end)));
        i = end;
      }
    } else found.push({ kind: 'text', text: c });
  }
  return found;
}

function setOf(characters: readonly string[]): Token {
  const negated = characters[0] === '!' || characters[0] === '^';
  const rest = negated ? characters.slice(1) : characters;
  const ranges: [string, string][] = [];
  for (let i = 0; i < rest.length; i++) {
    const from = rest[i] ?? '';
    const to = rest[i + 1] === '-' && i + 2 < rest.length ? (rest[i + 2] ?? from) : from;
    if (to !== from || rest[i + 1] === '-') i += i + 2 < rest.length && rest[i + 1] === '-' ? 2 : 0;
    ranges.push([from, to]);
  }
  return { kind: 'set', negated, ranges };
}

/** Walks all ways through the pattern at once. */
function run(pattern: readonly Token[], text: readonly string[]): boolean {
  let at = closure(pattern, new Set([0]));
  for (const c of text) {
    const next = new Set<number>();
    for (const i of at) {
      const token = pattern[i];
      if (!token) continue;
      if (token.kind === 'star' || token.kind === 'globstar') {
        if (token.kind === 'globstar' || c !== '/') next.add(i);
      } else if (takes(token, c)) next.add(i + 1);
    }
    if (next.size === 0) return false;
    at = closure(pattern, next);
  }
  return at.has(pattern.length);
}

function closure(pattern: readonly Token[], at: Set<number>): Set<number> {
  for (const i of at) {
    const kind = pattern[i]?.kind;
    if (kind === 'star' || kind === 'globstar') at.add(i + 1);
  }
  return at;
}

function takes(token: Token, c: string): boolean {
  if (token.kind === 'text') return token.text === c;
  if (token.kind === 'any') return c !== '/';
  if (token.kind !== 'set' || c === '/') return false;
  return token.ranges.some(([from, to]) => from <= c && c <= to) !== token.negated;
}
