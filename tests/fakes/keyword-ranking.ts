import { wordsOf } from '../../src/domain/ingestion/search-words';

interface Worded {
  readonly headings: readonly string[];
  readonly text: string;
}

/** Those with any of the words, best first by BM25 (https://en.wikipedia.org/wiki/Okapi_BM25); words have one form here. */
export function byKeywords<T>(items: readonly T[], textOf: (item: T) => Worded, asked: readonly string[]): T[] {
  const [k1, b] = [1.2, 0.75];
  const bags = items.map((item) => {
    const { headings, text } = textOf(item);
    return wordsOf([...headings, text].join('\n'));
  });
  const mean = bags.reduce((sum, bag) => sum + bag.length, 0) / Math.max(1, bags.length);
  const weights = asked.map((word) => {
    const holding = bags.filter((bag) => bag.includes(word)).length;
    return { word, weight: Math.log(1 + (bags.length - holding + 0.5) / (holding + 0.5)) };
  });
  return items
    .map((item, i) => {
      const bag = bags[i] ?? [];
      const score = weights.reduce((sum, { word, weight }) => {
        const often = bag.filter((other) => other === word).length;
        return sum + (weight * often * (k1 + 1)) / (often + k1 * (1 - b + (b * bag.length) / mean));
      }, 0);
      return { item, score };
    })
    .filter(({ score }) => score > 0)
    .sort((x, y) => y.score - x.score)
    .map(({ item }) => item);
}
