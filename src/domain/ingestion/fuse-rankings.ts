/**
 * One order out of several, by the places that each gives (reciprocal rank fusion; Cormack, Clarke and Büttcher, SIGIR 2009,
 * https://doi.org/10.1145/1571941.1572114). Places are all that a cosine and a BM25 score have in common.
 */

/** How slowly a place loses its worth; the value of the article, and of what others built on it. */
const RANK_CONSTANT = 60;

export interface Fused<T> {
  readonly item: T;
  /** Above 0, and 1 for what is first in each ranking. */
  readonly score: number;
}

/** How many of each ranking are worth having where `k` are wanted. */
export function candidatesFor(k: number): number {
  return Math.max(k, 50);
}

/**
 * Best first, each once, by `idOf`; of items with one id the first is kept. What is equal stays in the order of the first ranking, then
 * of the next.
 */
export function fuseRankings<T>(rankings: readonly (readonly T[])[], idOf: (item: T) => string | number): Fused<T>[] {
  const fused = new Map<string | number, { readonly item: T; score: number }>();
  for (const ranking of rankings)
    for (const [place, item] of ranking.entries()) {
      const known = fused.get(idOf(item)) ?? { item, score: 0 };
      known.score += (RANK_CONSTANT + 1) / (RANK_CONSTANT + 1 + place) / rankings.length;
      fused.set(idOf(item), known);
    }
  return [...fused.values()].sort((a, b) => b.score - a.score);
}
