/**
 * The words of the chunks, in a virtual table of FTS5 (https://www.sqlite.org/fts5.html): the index alone, without a copy of the text,
 * under the ids of the chunks. Words are made by `domain/ingestion/search-words`, so that what is looked for is cut as what is found
 * was, in scripts without spaces, too, and no sign that a user types means anything to FTS5.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { wordsOf } from '../../domain/ingestion/search-words';

/** A word in a title says more of a passage than one in its text. The project is a filter and says nothing. */
const WEIGHTS = 'bm25(0.0, 2.0, 1.0)';

const LIMITS = {
  /** Passages that a word stands in are counted up to this. */
  counted: 20_000,
  /** Passages that are ranked, each word's own counted, unless the rarest word alone has more. */
  ranked: 80_000,
};

export class WordTable {
  readonly #statements = new Map<string, StatementSync>();

  constructor(
    private readonly db: DatabaseSync,
    private readonly limits: Readonly<typeof LIMITS> = LIMITS,
  ) {}

  /** Makes the table, within a transaction. */
  static create(db: DatabaseSync): void {
    db.exec(
      `CREATE VIRTUAL TABLE words USING fts5 (project, headings, text, content = '', contentless_delete = 1,
         tokenize = 'porter unicode61 remove_diacritics 2')`,
    );
    db.exec(`INSERT INTO words (words, rank) VALUES ('rank', '${WEIGHTS}')`);
  }

  /** Over those that the id had before. */
  put(
    id: number,
    project: number,
    { headings, text }: { readonly headings: readonly string[]; readonly text: string },
  ): void {
    this.#prepared('INSERT OR REPLACE INTO words (rowid, project, headings, text) VALUES (?, ?, ?, ?)').run(
      BigInt(id),
      `p${project}`,
      wordsOf(headings.join('\n')).join(' '),
      wordsOf(text).join(' '),
    );
  }

  remove(id: number): void {
    this.#prepared('DELETE FROM words WHERE rowid = ?').run(BigInt(id));
  }

  /**
   * The `k` chunks that fit best by BM25, best first, among those that documents show; of one project or of all. Of many common words
   * only the rarest are looked for: to rank all passages of all of them takes seconds, and they tell little.
   */
  best(words: readonly string[], k: number, project: number | undefined): number[] {
    const rarest = this.#rarest(words);
    if (rarest.length === 0) return [];
    const any = standsIn(rarest);
    // FTS5 ranks all that match; rows come in that order, and are looked up until there are enough.
    return this.#prepared(
      `SELECT w.rowid AS id FROM words w CROSS JOIN chunks c ON c.id = w.rowid CROSS JOIN versions v ON v.number = c.version
       CROSS JOIN projects p ON p.number = v.project
       CROSS JOIN documents d ON d.project = p.id AND d.id = v.document AND d.version = v.version
       WHERE w.words MATCH ? ORDER BY w.rank LIMIT ?`,
    )
      .all(project === undefined ? any : `{project} : "p${project}" AND ${any}`, k)
      .map(({ id }) => Number(id));
  }

  #rarest(words: readonly string[]): readonly string[] {
    if (words.length < 2) return words;
    const counting = this.#prepared(
      'SELECT count(*) AS passages FROM (SELECT 1 FROM words WHERE words MATCH ? LIMIT ?)',
    );
    const counted = words
      .map((word) => ({ word, passages: Number(counting.get(standsIn([word]), this.limits.counted)?.['passages']) }))
      .filter(({ passages }) => passages > 0)
      .sort((one, other) => one.passages - other.passages);
    let ranked = 0;
    return counted
      .filter(({ passages }, at) => (ranked += passages) <= this.limits.ranked || at === 0)
      .map(({ word }) => word);
  }

  #prepared(sql: string): StatementSync {
    const known = this.#statements.get(sql);
    if (known) return known;
    const made = this.db.prepare(sql);
    this.#statements.set(sql, made);
    return made;
  }
}

function standsIn(words: readonly string[]): string {
  return `{headings text} : (${words.map((word) => `"${word}"`).join(' OR ')})`;
}
