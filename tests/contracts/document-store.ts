import type { DocumentRecord, EmbeddingModel } from '../../src/domain/ingestion/document';
import type { DocumentStore, EmbeddedChunk } from '../../src/ports/document-store';
import { fuzzSeed, type SeededRandom } from '../drivers/seeded-random';

export interface DocumentStoreUnderTest {
  /** Empty, and not prepared yet. */
  readonly store: DocumentStore;
  /** Another client of the same data, as another process has one. */
  again(): Promise<DocumentStore>;
}

const model: EmbeddingModel = { name: 'contract', dimensions: 8 };

/** What every {@link DocumentStore} must do. */
export function documentStoreContract(name: string, make: () => Promise<DocumentStoreUnderTest>): void {
  describe(`${name} as a DocumentStore`, () => {
    const prepared = async (): Promise<DocumentStoreUnderTest> => {
      const made = await make();
      expect(await made.store.prepare(model)).toEqual({ kind: 'ready' });
      return made;
    };

    it('is made once, and refuses vectors of another model', async () => {
      const { store, again } = await prepared();
      expect(await store.prepare(model)).toEqual({ kind: 'ready' });
      const other = await again();
      for (const wrong of [
        { ...model, dimensions: 16 },
        { ...model, name: 'another' },
      ])
        expect(await other.prepare(wrong)).toEqual({ kind: 'mixed', holds: model });
      expect(await other.prepare(model)).toEqual({ kind: 'ready' });
      await expect(
        store.putChunks(record(), 'v1', [{ ...chunk(0), vector: new Float32Array(16).fill(0.25) }]),
      ).rejects.toThrow(/16/);
      await close(store, other);
    });

    it('holds nothing before it is made', async () => {
      const { store } = await make();
      expect(await store.find(record())).toBeUndefined();
      expect(await store.list(undefined, 10)).toEqual({ documents: [] });
      expect(await store.count()).toEqual({ documents: 0, chunks: 0 });
      await close(store);
    });

    it('is made by several at once', async () => {
      const { store, again } = await make();
      const stores = [store, await again(), await again()];
      expect(await Promise.all(stores.map((each) => each.prepare(model)))).toEqual(
        stores.map(() => ({ kind: 'ready' })),
      );
      await close(...stores);
    });

    it('keeps a record as it was given, for every reader', async () => {
      const { store, again } = await prepared();
      const full = record({
        name: 'docs/ü "quoted" \'n\' \\ 🌍\t?#%2F.md',
        source: { container: 'snippet-input', blob: 'x', etag: '"0x8D"' },
        uploadedBy: 'someone@example.org',
      });
      expect(await store.find(full)).toBeUndefined();
      expect(await store.replace(full, 'nothing')).toBe('replaced');
      const other = await again();
      expect((await other.find(full))?.record).toEqual(full);
      const bare = record({ documentId: 'd'.repeat(22), projectId: '../x / \\ ?#\n' });
      expect(await other.replace(bare, 'nothing')).toBe('replaced');
      expect((await store.find(bare))?.record).toEqual(bare);
      await close(store, other);
    });

    it('replaces and removes only what is still the one expected', async () => {
      const { store } = await prepared();
      expect(await store.remove(record(), 'none')).toBe('changed');
      expect(await store.replace(record(), { tag: 'none' })).toBe('changed');
      expect(await store.replace(record(), 'nothing')).toBe('replaced');
      const first = (await store.find(record()))!;
      expect(await store.replace(record({ version: 'v2' }), 'nothing')).toBe('changed');
      expect(await store.replace(record({ version: 'v2' }), { tag: first.tag })).toBe('replaced');
      const second = (await store.find(record()))!;
      expect(second.record.version).toBe('v2');
      expect(second.tag).not.toBe(first.tag);
      expect(await store.replace(record({ version: 'v3' }), { tag: first.tag })).toBe('changed');
      expect(await store.remove(record(), first.tag)).toBe('changed');
      expect(await store.find(record())).toEqual(second);
      expect(await store.remove(record(), second.tag)).toBe('removed');
      expect(await store.remove(record(), second.tag)).toBe('changed');
      expect(await store.find(record())).toBeUndefined();
      // The tag of a record that was there before is worth nothing for the one that came after it.
      expect(await store.replace(record(), 'nothing')).toBe('replaced');
      expect(await store.replace(record(), { tag: second.tag })).toBe('changed');
      expect(await store.remove(record(), first.tag)).toBe('changed');
      await close(store);
    });

    it('lets one of many replace', async () => {
      const { store, again } = await prepared();
      const stores = [store, await again(), await again()];
      for (let round = 0; round < 3; round++) {
        const standing = await store.find(record());
        const outcomes = await Promise.all(
          Array.from({ length: 9 }, (_, i) =>
            stores[i % 3]!.replace(record({ version: `r${round}-${i}` }), standing ? { tag: standing.tag } : 'nothing'),
          ),
        );
        expect(outcomes.filter((outcome) => outcome === 'replaced')).toHaveLength(1);
        expect((await store.find(record()))?.record.version).toBe(`r${round}-${outcomes.indexOf('replaced')}`);
      }
      await close(...stores);
    });

    it('shows the chunks of the version that the record names, and no others', async () => {
      const { store, again } = await prepared();
      const other = await again();
      const seen = async (): Promise<string[]> =>
        (await other.search({ text: '', vector: towards(0), k: 10 })).map(
          ({ document, chunk: { ordinal, text } }) => `${document.version} ${ordinal} ${text}`,
        );
      await store.putChunks(record(), 'v1', [chunk(0, 'one'), chunk(1, 'two')]);
      expect(await seen()).toEqual([]);
      await store.replace(record({ version: 'v1' }), 'nothing');
      expect((await seen()).sort()).toEqual(['v1 0 one', 'v1 1 two']);
      await store.putChunks(record(), 'v2', [chunk(0, 'three')]);
      expect((await seen()).sort()).toEqual(['v1 0 one', 'v1 1 two']);
      await store.replace(record({ version: 'v2' }), { tag: (await store.find(record()))!.tag });
      expect(await seen()).toEqual(['v2 0 three']);
      // A late write under the version that is seen is seen, too.
      await store.putChunks(record(), 'v2', [chunk(1, 'four')]);
      expect((await seen()).sort()).toEqual(['v2 0 three', 'v2 1 four']);
      expect(await store.count()).toEqual({ documents: 1, chunks: 4 });
      expect(await store.removeChunks(record(), 'v1')).toBe(2);
      expect(await store.removeChunks(record(), 'v1')).toBe(0);
      expect(await store.count()).toEqual({ documents: 1, chunks: 2 });
      await store.remove(record(), (await store.find(record()))!.tag);
      expect(await seen()).toEqual([]);
      expect(await store.removeChunks(record(), 'v2')).toBe(2);
      expect(await store.count()).toEqual({ documents: 0, chunks: 0 });
      await close(store, other);
    });

    it('goes back to a version that was seen before', async () => {
      const { store } = await prepared();
      await store.putChunks(record(), 'v1', [chunk(0, 'one')]);
      await store.putChunks(record(), 'v2', [chunk(0, 'two')]);
      for (const version of ['v1', 'v2', 'v1']) {
        const standing = await store.find(record());
        await store.replace(record({ version }), standing ? { tag: standing.tag } : 'nothing');
        const hits = await store.search({ text: '', vector: towards(0), k: 5 });
        expect(hits.map((hit) => hit.document.version)).toEqual([version]);
      }
      await close(store);
    });

    it('keeps chunks as they were given, and writes over those with the same ordinal', async () => {
      const { store } = await prepared();
      const full: EmbeddedChunk = {
        ordinal: 3,
        contextStart: 90,
        start: 100,
        end: 2 ** 31,
        headings: ['Überschrift "1"', '第二 🌍', ''],
        tokens: 512,
        text: 'a\u0001\n\t"\'\\ é é 世界 🌍 \u{1F468}‍\u{1F469}‍\u{1F467}',
        vector: unit([1, 2, 3, 4, 5, 6, 7, 8]),
      };
      await store.putChunks(record(), 'v1', [{ ...full, text: 'old', vector: towards(0) }]);
      await store.putChunks(record(), 'v1', [full]);
      await store.putChunks(record(), 'v1', [full]);
      await store.replace(record({ version: 'v1', name: 'ü.md' }), 'nothing');
      const hits = await store.search({ text: '', vector: full.vector, k: 5 });
      const { vector, ...without } = full;
      expect(hits).toEqual([
        {
          document: { projectId: 'p', documentId: record().documentId, name: 'ü.md', version: 'v1' },
          chunk: without,
          score: expect.any(Number),
          similarity: expect.any(Number),
        },
      ]);
      expect(hits[0]!.similarity).toBeCloseTo(1, 5);
      expect(vector).toEqual(unit([1, 2, 3, 4, 5, 6, 7, 8]));
      await close(store);
    });

    it('searches in one project, or in all', async () => {
      const { store } = await prepared();
      for (const [i, projectId] of ['a', 'b', 'a b', "a' OR 1=1 --"].entries()) {
        const of = record({ projectId, documentId: `d${i}`.padEnd(22, '0'), name: `n${i}`, version: 'v' });
        await store.putChunks(of, 'v', [chunk(0, projectId)]);
        await store.replace(of, 'nothing');
      }
      const found = async (projectId?: string): Promise<string[]> =>
        (await store.search({ ...(projectId === undefined ? {} : { projectId }), text: '', vector: towards(0), k: 10 }))
          .map(({ chunk: { text } }) => text)
          .sort();
      expect(await found('a')).toEqual(['a']);
      expect(await found("a' OR 1=1 --")).toEqual(["a' OR 1=1 --"]);
      expect(await found('none')).toEqual([]);
      expect(await found()).toEqual(['a', 'a b', "a' OR 1=1 --", 'b']);
      await close(store);
    });

    it('finds what is seen behind many nearer chunks that are not', async () => {
      const { store } = await prepared();
      const hidden = Array.from({ length: 150 }, (_, i) => chunk(i, 'hidden', towards(0)));
      for (let i = 0; i < 3; i++) await store.putChunks(record({ documentId: `h${i}`.padEnd(22, '0') }), 'v0', hidden);
      await store.putChunks(record(), 'v1', [
        chunk(0, 'seen', unit([1, 1, 1, 1, 1, 1, 1, 1])),
        chunk(1, 'far', towards(1)),
      ]);
      await store.replace(record({ version: 'v1' }), 'nothing');
      const hits = await store.search({ text: '', vector: towards(0), k: 2 });
      expect(hits.map(({ chunk: { text } }) => text)).toEqual(['seen', 'far']);
      expect(await store.count()).toEqual({ documents: 1, chunks: 452 });
      expect(await store.removeChunks(record({ documentId: 'h0'.padEnd(22, '0') }), 'v0')).toBe(150);
      expect(await store.count()).toEqual({ documents: 1, chunks: 302 });
      await close(store);
    });

    it('finds a new version behind the nearer chunks of the one before, which are still there', async () => {
      const { store } = await prepared();
      const before = Array.from({ length: 150 }, (_, i) => chunk(i, 'before', towards(0)));
      await store.putChunks(record(), 'v1', before);
      await store.replace(record({ version: 'v1' }), 'nothing');
      expect(await store.search({ text: '', vector: towards(0), k: 100 })).toHaveLength(100);
      await store.putChunks(record(), 'v2', [chunk(0, 'near', towards(0)), chunk(1, 'far', towards(1))]);
      await store.replace(record({ version: 'v2' }), { tag: (await store.find(record()))!.tag });
      const hits = await store.search({ text: '', vector: towards(0), k: 2 });
      expect(hits.map(({ chunk: { text } }) => text)).toEqual(['near', 'far']);
      await close(store);
    });

    it('answers with the nearest, best first, as many as asked for', async () => {
      const { store } = await prepared();
      const random = fuzzSeed('nearest chunks');
      const vector = (): Float32Array => unit(Array.from({ length: 8 }, () => random.next() * 2 - 1));
      const chunks = Array.from({ length: 400 }, (_, i) => chunk(i, `t${i}`, vector()));
      await store.putChunks(record(), 'v1', chunks.slice(0, 333));
      await store.putChunks(record(), 'v1', chunks.slice(333));
      await store.replace(record({ version: 'v1' }), 'nothing');
      for (const k of [1, 7, 100]) {
        const asked = vector();
        const score = (of: EmbeddedChunk): number => of.vector.reduce((sum, x, i) => sum + x * asked[i]!, 0);
        const nearest = [...chunks].sort((a, b) => score(b) - score(a)).slice(0, k);
        const hits = await store.search({ projectId: 'p', text: '', vector: asked, k });
        expect(hits.map((hit) => hit.chunk.text)).toEqual(nearest.map(({ text }) => text));
        for (const [i, hit] of hits.entries()) expect(hit.similarity).toBeCloseTo(score(nearest[i]!), 5);
      }
      await close(store);
    });

    describe('by keywords', () => {
      /** Texts of the hits, best first; every vector but that of a text in `near` is across what is asked. */
      const texts = async (store: DocumentStore, text: string, more: { projectId?: string; k?: number } = {}) =>
        (await store.search({ text, vector: towards(0), k: 10, ...more })).map(({ chunk: of }) => of.text);
      const across = towards(1);

      it('finds what has the words in text or titles, before what is as near and has none', async () => {
        const { store } = await prepared();
        await store.putChunks(record(), 'v1', [
          chunk(0, 'nothing of it', across),
          chunk(1, 'the pangolin sleeps by day', across),
          { ...chunk(2, 'it sleeps, too', across), headings: ['Animals', 'The pangolin'] },
          chunk(3, 'nothing here', across),
        ]);
        await store.replace(record({ version: 'v1' }), 'nothing');
        expect((await texts(store, 'Where is a PANGOLIN?')).slice(0, 2).sort()).toEqual([
          'it sleeps, too',
          'the pangolin sleeps by day',
        ]);
        expect(await texts(store, 'pangolin', { k: 1 })).toHaveLength(1);
        expect(await texts(store, 'okapi')).toHaveLength(4);
        await close(store);
      });

      it('puts first what is near and has the words, with a score of 1, and tells how near each is', async () => {
        const { store } = await prepared();
        await store.putChunks(record(), 'v1', [
          ...Array.from({ length: 120 }, (_, i) => chunk(i, `filler ${i}`, nearly(0, 1 + (i % 19)))),
          chunk(200, 'pangolin', towards(0)),
          chunk(201, 'a word such as pangolin, among others, and far away', across),
        ]);
        await store.replace(record({ version: 'v1' }), 'nothing');
        const hits = await store.search({ text: 'pangolin', vector: towards(0), k: 10 });
        expect(hits[0]).toMatchObject({ chunk: { text: 'pangolin' }, score: 1 });
        expect(hits[0]!.similarity).toBeCloseTo(1, 5);
        const far = hits.find(({ chunk: { ordinal } }) => ordinal === 201);
        expect(far?.similarity).toBeCloseTo(0, 5);
        const scores = hits.map(({ score }) => score);
        expect(scores).toEqual([...scores].sort((a, b) => b - a));
        expect(scores.at(-1)).toBeGreaterThan(0);
        await close(store);
      });

      it('finds no word of a version that is not seen, of one that was, or of what was removed', async () => {
        const { store, again } = await prepared();
        const other = await again();
        const found = async (word: string): Promise<boolean> =>
          (await texts(other, word)).some((text) => text.includes(word));
        await store.putChunks(record(), 'v1', [chunk(0, 'a pangolin', across)]);
        expect(await found('pangolin')).toBe(false);
        await store.replace(record({ version: 'v1' }), 'nothing');
        expect(await found('pangolin')).toBe(true);
        await store.putChunks(record(), 'v2', [chunk(0, 'an okapi', across)]);
        expect([await found('pangolin'), await found('okapi')]).toEqual([true, false]);
        await store.replace(record({ version: 'v2' }), { tag: (await store.find(record()))!.tag });
        expect([await found('pangolin'), await found('okapi')]).toEqual([false, true]);
        // Over what was there, as a step that runs again writes it.
        await store.putChunks(record(), 'v2', [chunk(0, 'a tapir', across)]);
        expect([await found('okapi'), await found('tapir')]).toEqual([false, true]);
        await store.removeChunks(record(), 'v1');
        await store.remove(record(), (await store.find(record()))!.tag);
        expect(await found('tapir')).toBe(false);
        expect(await store.removeChunks(record(), 'v2')).toBe(1);
        await store.putChunks(record(), 'v1', [chunk(0, 'a quokka', across)]);
        await store.replace(record({ version: 'v1' }), 'nothing');
        for (const word of ['pangolin', 'okapi', 'tapir']) expect(await found(word)).toBe(false);
        expect(await found('quokka')).toBe(true);
        await close(store, other);
      });

      it('finds words behind many chunks with the same that are not seen', async () => {
        const { store } = await prepared();
        const hidden = Array.from({ length: 150 }, (_, i) => chunk(i, 'pangolin pangolin', across));
        for (let i = 0; i < 2; i++)
          await store.putChunks(record({ documentId: `h${i}`.padEnd(22, '0') }), 'v0', hidden);
        await store.putChunks(record(), 'v1', [
          chunk(0, 'one pangolin among many other words that make it weigh less', across),
          ...Array.from({ length: 60 }, (_, i) => chunk(1 + i, 'filler', towards(0))),
        ]);
        await store.replace(record({ version: 'v1' }), 'nothing');
        expect((await texts(store, 'pangolin')).filter((text) => text.includes('pangolin'))).toEqual([
          'one pangolin among many other words that make it weigh less',
        ]);
        await close(store);
      });

      it('looks for words in one project, or in all', async () => {
        const { store } = await prepared();
        for (const [i, projectId] of ['a', 'b'].entries()) {
          const of = record({ projectId, documentId: `d${i}`.padEnd(22, '0'), name: `n${i}`, version: 'v' });
          await store.putChunks(of, 'v', [chunk(0, `pangolin of ${projectId}`, across)]);
          await store.replace(of, 'nothing');
        }
        expect(await texts(store, 'pangolin', { projectId: 'b' })).toEqual(['pangolin of b']);
        expect(await texts(store, 'pangolin', { projectId: 'none' })).toEqual([]);
        expect((await texts(store, 'pangolin')).sort()).toEqual(['pangolin of a', 'pangolin of b']);
        await close(store);
      });

      it('finds words where none are set apart by spaces, and parts of names', async () => {
        const { store } = await prepared();
        const all = [
          '認証の方法について',
          '設定ファイルの場所',
          'вход в систему',
          'set AzureWebJobsStorage first',
          'MAX_BLOB_MB',
        ];
        await store.putChunks(
          record(),
          'v1',
          all.map((text, i) => chunk(i, text, across)),
        );
        await store.replace(record({ version: 'v1' }), 'nothing');
        for (const [asked, wanted] of [
          ['認証', 0],
          ['場所はどこ', 1],
          ['設', 1],
          ['СИСТЕМУ', 2],
          ['storage', 3],
          ['azurewebjobsstorage', 3],
          ['max_blob_mb', 4],
          ['blob', 4],
        ] as const)
          expect([asked, (await texts(store, asked))[0]]).toEqual([asked, all[wanted]]);
        await close(store);
      });

      it('takes whatever is typed as words to look for', async () => {
        const { store } = await prepared();
        const random = fuzzSeed('hostile questions');
        await store.putChunks(record(), 'v1', [
          chunk(0, 'pangolin', across),
          ...Array.from({ length: 60 }, (_, i) => chunk(1 + i, 'filler', towards(0))),
        ]);
        await store.replace(record({ version: 'v1' }), 'nothing');
        const isFound = async (text: string) => (await texts(store, text)).includes('pangolin');
        for (const text of [...HOSTILE, ...Array.from({ length: 40 }, () => hostileQuestion(random))]) {
          expect([text, await isFound(text)]).toEqual([text, text.includes('pangolin')]);
          // What stands beside a word takes nothing away from it.
          expect([text, await isFound(`pangolin ${text}`)]).toEqual([text, true]);
        }
        for (const text of HOSTILE.filter(({ length }) => length < 50))
          expect([text, await isFound(`${text} pangolin`)]).toEqual([text, true]);
        await close(store);
      });
    });

    it('lists by project and name in the order of code units, page by page', async () => {
      const { store } = await prepared();
      const names = [
        '',
        ' ',
        'A',
        'B',
        'a',
        'a!',
        'a/b',
        'a0',
        'aa',
        'b',
        'ä',
        'z'.repeat(900),
        '｡',
        '\ud83c\udf0d',
        '\uffee',
      ];
      const wanted = [...names].sort();
      // Code units put the surrogates of U+1F30D before U+FF61; bytes of UTF-8 would not.
      expect(wanted.indexOf('\ud83c\udf0d')).toBeLessThan(wanted.indexOf('｡'));
      for (const [i, name] of [...names].reverse().entries())
        expect(await store.replace(record({ name, documentId: `${i}`.padStart(22, '0') }), 'nothing')).toBe('replaced');
      for (const projectId of ['o', 'p ', 'p!'])
        await store.replace(record({ projectId, documentId: projectId.padEnd(22, 'x'), name: 'm' }), 'nothing');

      const all = async (projectId: string | undefined, limit: number): Promise<string[]> => {
        const found: string[] = [];
        let next: string | undefined;
        do {
          const page = await store.list(projectId, limit, next);
          expect(page.documents.length).toBeLessThanOrEqual(limit);
          for (const { record: of, tag } of page.documents) {
            found.push(projectId === undefined ? `${of.projectId}:${of.name}` : of.name);
            expect(tag).toBe((await store.find(of))?.tag);
          }
          next = page.next;
        } while (next !== undefined);
        return found;
      };
      expect(await all('p', 4)).toEqual(wanted);
      expect(await all('p', 1000)).toEqual(wanted);
      expect(await all('none', 4)).toEqual([]);
      expect(await all(undefined, 5)).toEqual(['o:m', ...wanted.map((n) => `p:${n}`), 'p :m', 'p!:m']);
      await close(store);
    });

    it('lists on behind a document that was removed meanwhile', async () => {
      const { store } = await prepared();
      for (const name of ['a', 'b', 'c', 'd'])
        await store.replace(record({ name, documentId: name.repeat(22) }), 'nothing');
      const page = await store.list('p', 2);
      expect(page.documents.map(({ record: { name } }) => name)).toEqual(['a', 'b']);
      await store.remove(page.documents[1]!.record, page.documents[1]!.tag);
      const rest = await store.list('p', 2, page.next);
      expect(rest.documents.map(({ record: { name } }) => name)).toEqual(['c', 'd']);
      await close(store);
    });
  });
}

function record(over: Partial<DocumentRecord> = {}): DocumentRecord {
  return {
    projectId: 'p',
    documentId: 'AbCdEfGhIjKlMnOpQrSt-_',
    name: 'readme.md',
    version: 'v1',
    contentHash: 'ab'.repeat(32),
    chunking: '512/64',
    model,
    chunks: 2,
    tokens: 9,
    characters: 40,
    ingestedAt: '2026-01-01T00:00:00.000Z',
    ...over,
  };
}

function chunk(ordinal: number, text = `text ${ordinal}`, vector = nearly(0, ordinal)): EmbeddedChunk {
  const start = ordinal * 10;
  return { ordinal, contextStart: start, start, end: start + 10, headings: [], tokens: 3, text, vector };
}

function unit(values: readonly number[]): Float32Array {
  const length = Math.hypot(...values);
  return Float32Array.from(values, (value) => value / length);
}

const HOSTILE = [
  '',
  ' ',
  '"',
  '""',
  '"pangolin',
  "'; DROP TABLE words; --",
  'a OR',
  'AND AND NOT',
  'NEAR(a b, 2)',
  'NEAR(',
  'headings:x',
  '{text} : y',
  '-text : z',
  '^first',
  'pre*',
  'a + b',
  '(((((',
  ')',
  '?!.,;:',
  '_ __ ___',
  '\u0000',
  'x\u0000y',
  '\ud800',
  '%_\\',
  '@word0',
  'words',
  'rank',
  '🌍🏽‍♀️',
  '\u0301\u0301',
  '１２３ ﬁ ㎏',
  'x'.repeat(2_000),
  'ab '.repeat(660),
  '"'.repeat(2_000),
  '漢'.repeat(2_000),
  Array.from({ length: 400 }, (_, i) => `w${i}`).join(' '),
];

const PIECES = [
  '"',
  "'",
  '(',
  ')',
  '*',
  '^',
  ':',
  '-',
  '+',
  '{',
  '}',
  ',',
  ' ',
  ' ',
  'AND',
  'OR',
  'NOT',
  'NEAR',
  'text',
];

function hostileQuestion(random: SeededRandom): string {
  return Array.from({ length: 1 + random.below(30) }, () =>
    random.below(4) === 0 ? String.fromCodePoint(random.below(0x2fffe)) : random.pick([...PIECES, 'z', '7', '本', 'ß']),
  ).join('');
}

/** Along one of the axes. */
function towards(axis: number): Float32Array {
  return unit(Array.from({ length: 8 }, (_, i) => (i === axis ? 1 : 0)));
}

/** Near one of the axes, the farther the larger `by` is. */
function nearly(axis: number, by: number): Float32Array {
  return unit(Array.from({ length: 8 }, (_, i) => (i === axis ? 1 : 0.01 * (by % 20))));
}

async function close(...stores: readonly DocumentStore[]): Promise<void> {
  for (const store of stores) await store.close();
}
