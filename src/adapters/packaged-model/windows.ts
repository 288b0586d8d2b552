/** Longest piece of a text without spaces that is counted as a whole; longer ones are cut. */
const LONGEST_WORD = 64;

/**
 * Cuts a text between its words into parts that have `most` tokens at most each, as even as whole words allow. One space stands
 * between words whatever stood there: the model knows no line feeds or tabs. A text without words is one empty part.
 */
export function windowsOf(text: string, countTokens: (word: string) => number, most: number): string[] {
  const words = (text.match(/\S+/gu) ?? [])
    .flatMap((word) => (word.length <= LONGEST_WORD ? [word] : cut(word)))
    .map((word) => ({ word, tokens: Math.min(countTokens(word), most) }));
  const total = words.reduce((sum, { tokens }) => sum + tokens, 0);
  // As many parts as are needed, none of them a remainder of a few words that would weigh little and say less.
  const even = total / Math.max(1, Math.ceil(total / most));
  const windows: string[] = [];
  let part: string[] = [];
  let [tokens, before] = [0, 0];
  for (const word of words) {
    const isFull = tokens + word.tokens > most || before >= even * (windows.length + 1);
    if (part.length > 0 && isFull) {
      windows.push(part.join(' '));
      [part, tokens] = [[], 0];
    }
    part.push(word.word);
    tokens += word.tokens;
    before += word.tokens;
  }
  windows.push(part.join(' '));
  return windows;
}

function cut(word: string): string[] {
  const units = [...word];
  return Array.from({ length: Math.ceil(units.length / LONGEST_WORD) }, (_, i) =>
    units.slice(i * LONGEST_WORD, (i + 1) * LONGEST_WORD).join(''),
  );
}
