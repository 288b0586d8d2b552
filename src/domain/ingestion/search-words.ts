/** What keyword search goes by: the words of texts, and those of what is asked. */

/** A word is not looked at beyond this, so that a key or an encoded picture is one word and a short one. */
const LONGEST_WORD = 64;
/** Words of a question that are looked for, the first ones: each costs a look at all the passages that it stands in. */
const MOST_ASKED = 32;

/** One at a time: a pattern that repeats runs out of stack on texts of megabytes. */
const SEPARATOR = /[^\p{L}\p{N}\p{M}_]/u;
/** A mark belongs to the letter before it. */
const MARKS_OF_NOTHING = /^\p{M}{1,64}/u;
/** Most words: nothing to be looked at in them. */
const PLAIN = /^[A-Z]?[a-z0-9]+$/;
/** Scripts that put no spaces between words. */
const UNSPACED =
  /[\p{scx=Han}\p{scx=Hiragana}\p{scx=Katakana}\p{scx=Thai}\p{scx=Lao}\p{scx=Khmer}\p{scx=Myanmar}\p{scx=Tibetan}]/u;
const UNSPACED_RUN = new RegExp(`(?:${UNSPACED.source})+`, 'gu');
/** Between the words of aName, an HTTPServer and A_SETTING. */
const SEAM = /_+|(?<=[\p{Ll}\p{N}])(?=\p{Lu})|(?<=\p{Lu})(?=\p{Lu}\p{Ll})/u;

/** English words that say nothing of what is asked; they are in the index all the same. */
const SAYS_NOTHING = new Set(
  `a about after all also am an and any are as at be been but by can could did do does doing done for from get had has have he her him
  his how i if in into is it its just like many may me might more most much must my no not of on one or our out over s shall she should
  so some such t than that the their them then there these they this those to too under up us very want was we were what when where
  which while who whom whose why will with without would you your`.split(/\s+/u),
);

/**
 * The words of a text in their order, in lower case, with nothing in them but letters, marks and digits. A name made of several words
 * (aName, A_SETTING) gives itself, written together, and each of them. Where words have no spaces between them, each two characters
 * that stand together are one, and each is one.
 */
export function wordsOf(text: string): string[] {
  return words(text, true);
}

/**
 * The words to look for, each once: a passage need not have all of them. Words that stand everywhere are left out, unless there are
 * no others. Empty where what is asked has no word at all.
 */
export function wordsAsked(asked: string): string[] {
  const all = [...new Set(words(asked, false))];
  const telling = all.filter((word) => !SAYS_NOTHING.has(word));
  return (telling.length > 0 ? telling : all).slice(0, MOST_ASKED);
}

function words(text: string, single: boolean): string[] {
  const found: string[] = [];
  for (const piece of text.normalize('NFKC').split(SEPARATOR)) {
    const match = piece.replace(MARKS_OF_NOTHING, '');
    if (match === '') continue;
    if (match.length <= LONGEST_WORD && PLAIN.test(match)) found.push(match.toLowerCase());
    else if (UNSPACED.test(match)) {
      let at = 0;
      for (const run of match.matchAll(UNSPACED_RUN)) {
        addName(match.slice(at, run.index), found);
        addPairs([...run[0]], single, found);
        at = run.index + run[0].length;
      }
      addName(match.slice(at), found);
    } else addName(match, found);
  }
  return found;
}

function addName(name: string, found: string[]): void {
  const parts = name
    .slice(0, LONGEST_WORD)
    .split(SEAM)
    .filter((part) => part !== '')
    .map((part) => part.toLowerCase());
  if (parts.length > 1) found.push(parts.join(''));
  found.push(...parts);
}

function addPairs(characters: readonly string[], single: boolean, found: string[]): void {
  if (single || characters.length === 1) found.push(...characters);
  for (let i = 1; i < characters.length; i++) found.push(`${characters[i - 1]}${characters[i]}`);
}
