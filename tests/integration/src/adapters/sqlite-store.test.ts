/** The embedded store of documents, on files of its own: the contract, several processes, ends at any moment, what it costs. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createSqliteDocumentStore } from '../../../../src/adapters/sqlite/document-store';
import { openStore, VECTORS_PER_BLOCK } from '../../../../src/adapters/sqlite/schema';
import { WordTable } from '../../../../src/adapters/sqlite/word-table';
import type { DocumentStore } from '../../../../src/ports/document-store';
import { documentStoreContract } from '../../../contracts/document-store';
import { scaled } from '../../../drivers/scale';
import { fuzzSeed } from '../../../drivers/seeded-random';
import { along, writtenModel, writtenVersion } from '../../../drivers/written-documents';

const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-sqlite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let files = 0;
const newFile = (): string => path.join(folder, `made-${++files}`, 'vectors.db');

documentStoreContract('SQLite', async () => {
  const file = newFile();
  return { store: createSqliteDocumentStore({ file }), again: async () => createSqliteDocumentStore({ file }) };
});

/** The versions that a search shows of each document, and how many chunks of each. */
async function seen(store: DocumentStore, k: number): Promise<Map<string, Map<string, number>>> {
  const found = new Map<string, Map<string, number>>();
  for (const { document, chunk } of await store.search({ text: 'written', vector: along(0), k })) {
    expect(chunk.text).toBe(`written ${document.name} ${document.version} ${chunk.ordinal}`);
    const versions = found.get(document.name) ?? new Map<string, number>();
    found.set(document.name, versions.set(document.version, (versions.get(document.version) ?? 0) + 1));
  }
  return found;
}

/** That chunks, vectors and words are there under the same ids, and that the file holds together, its indexes of words included. */
function expectConsistent(file: string): void {
  const db = openStore(file);
  try {
    db.exec("INSERT INTO words (words) VALUES ('integrity-check')");
    expect(db.prepare('PRAGMA integrity_check').all()).toEqual([{ integrity_check: 'ok' }]);
    const ids = (table: string, id: string): unknown[] =>
      db.prepare(`SELECT ${id} AS id FROM ${table} ORDER BY 1`).all();
    const chunks = ids('chunks', 'id');
    expect(ids('vectors_rowids', 'rowid')).toEqual(chunks);
    expect(ids('words_docsize', 'id')).toEqual(chunks);
  } finally {
    db.close();
  }
}

function startWriter(file: string, name: string, chunks: number): ChildProcess {
  return fork(path.resolve(__dirname, '..', '..', '..', 'drivers', 'document-writer.js'), [file, name, `${chunks}`], {
    execArgv: [],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

test('several processes write and read at once, one is killed at any moment, and a search sees whole versions only', async () => {
  const random = fuzzSeed('killed writers');
  const file = newFile();
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  const [names, chunks] = [['a', 'b'], 20];
  const look = async (): Promise<void> => {
    for (const [, versions] of await seen(store, 100)) expect([...versions.values()]).toEqual([chunks]);
  };
  for (let round = 0; round < scaled(40); round++) {
    const writers = names.map((name) => startWriter(file, name, chunks));
    const replaced = writers.map(() => 0);
    for (const [at, writer] of writers.entries()) writer.on('message', () => (replaced[at]! += 1));
    const wanted = 4 + random.below(12);
    // One may have replaced often before the other has begun.
    while (replaced.includes(0) || replaced.reduce((sum, count) => sum + count) < wanted) await look();
    // Between two looks, wherever the writer is then.
    for (let i = random.below(400); i > 0; i--) await new Promise((resolve) => setImmediate(resolve));
    for (const writer of writers) {
      writer.kill('SIGKILL');
      await once(writer, 'exit');
    }
    await look();
    expectConsistent(file);
  }
  const found = await seen(store, 100);
  expect([...found.keys()].sort()).toEqual(names);
  for (const { record } of (await store.list('p', 10)).documents) {
    expect([...(found.get(record.name) ?? new Map()).keys()]).toEqual([record.version]);
    expect(await store.removeChunks(record, record.version)).toBe(chunks);
  }
  await store.close();
  expectConsistent(file);
});

test('words have the forms of English, weigh more in titles, and are found in each of their forms', async () => {
  const file = newFile();
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 3);
  const [first, second, third] = embedded;
  await store.putChunks(record, 'v', [
    { ...first!, text: 'about authenticating clients, and many other things' },
    { ...second!, text: 'and many other things to know', headings: ['How clients are authenticated'] },
    { ...third!, text: 'Café and much more besides' },
  ]);
  await store.replace(record, 'nothing');
  const found = async (text: string): Promise<number[]> =>
    (await store.search({ text, vector: along(2), k: 3 }))
      .filter(({ score }) => score > 0.5)
      .map(({ chunk }) => chunk.ordinal);
  // Each is among the nearest, so that what is above half has the words, too.
  expect(await found('How do I authenticate?')).toEqual([1, 0]);
  expect(await found('cafe')).toEqual([2]);
  expect(await found('nothing of it')).toEqual([]);
  await store.close();
});

test('of many common words the rarest are looked for, and a rare one always', async () => {
  const file = newFile();
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('a', 'v', 40);
  const words = (ordinal: number): string =>
    [ordinal < 20 ? 'often' : 'everywhere', ordinal % 2 === 0 ? 'half' : '', ordinal === 33 ? 'rare' : ''].join(' ');
  await store.putChunks(
    record,
    'v',
    embedded.map((chunk) => ({ ...chunk, text: words(chunk.ordinal) })),
  );
  await store.replace(record, 'nothing');
  await store.close();
  const db = openStore(file);
  try {
    const found = (limits: { counted: number; ranked: number }, ...asked: string[]): number =>
      new WordTable(db, limits).best(asked, 100, undefined).length;
    expect(found({ counted: 100, ranked: 100 }, 'often', 'half', 'rare')).toBe(31);
    expect(found({ counted: 100, ranked: 30 }, 'often', 'half', 'rare')).toBe(21);
    expect(found({ counted: 100, ranked: 20 }, 'often', 'half', 'rare')).toBe(1);
    expect(found({ counted: 10, ranked: 20 }, 'often', 'half', 'rare')).toBe(21);
    expect(found({ counted: 100, ranked: 10 }, 'often', 'everywhere')).toBe(20);
    expect(found({ counted: 100, ranked: 10 }, 'unknown', 'often', 'half')).toBe(20);
    expect(found({ counted: 100, ranked: 10 }, 'unknown', 'nobody')).toBe(0);
  } finally {
    db.close();
  }
});

test('a file of before keyword search is brought up to date, once, whoever opens it', async () => {
  const file = newFile();
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  for (const name of ['a', 'b']) {
    const { record, embedded } = writtenVersion(name, 'v', 150);
    await store.putChunks(record, 'v', embedded);
    await store.replace(record, 'nothing');
  }
  await store.close();
  const before = openStore(file);
  before.exec("DROP TABLE words; UPDATE meta SET value = '1' WHERE key = 'schema'");
  before.close();
  const stores = [createSqliteDocumentStore({ file }), createSqliteDocumentStore({ file })];
  const found = await Promise.all(stores.map((each) => each.search({ text: '149', vector: along(49), k: 1 })));
  for (const hits of found) expect(hits.map(({ chunk }) => chunk.text)).toEqual([expect.stringMatching(/ 149$/)]);
  expectConsistent(file);
  expect(await stores[0]!.removeChunks(writtenVersion('b', 'v', 0).record, 'v')).toBe(150);
  await Promise.all(stores.map((each) => each.close()));
  expectConsistent(file);
  const later = openStore(file);
  later.exec("UPDATE meta SET value = '9' WHERE key = 'schema'");
  later.close();
  expect(() => openStore(file)).toThrow(/of version 9, and this is version 2/);
});

test('what is removed makes room', async () => {
  const file = newFile();
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  // In each round one of eight chunks stays, so that no block is empty by itself.
  const [count, step, rounds] = [4 * VECTORS_PER_BLOCK, 64, 4];
  const { record: stay, embedded } = writtenVersion('stay', 'v', count);
  const going = (at: number) => ({ ...stay, documentId: `g${at}`.padEnd(22, '0') });
  const blocks = (): number => {
    const db = new DatabaseSync(file, { readOnly: true });
    const row = db.prepare('SELECT count(*) AS blocks FROM vectors_chunks').get();
    db.close();
    return Number(row?.['blocks']);
  };
  const scores = async (): Promise<number[]> =>
    (await store.search({ text: '', vector: along(7), k: 100 })).map(({ similarity }) => similarity);
  await store.replace(stay, 'nothing');
  const seenScores: number[][] = [];
  for (let round = 1; round <= rounds; round++) {
    for (let at = 0; at < count; at += step) {
      const moved = embedded.slice(at, at + step / 8).map((of) => ({ ...of, ordinal: of.ordinal + round * count }));
      await store.putChunks(stay, 'v', moved);
      await store.putChunks(going(at), 'v', embedded.slice(at + step / 8, at + step));
    }
    seenScores.push(await scores());
    for (let at = 0; at < count; at += step) await store.removeChunks(going(at), 'v');
    expect(await scores()).toEqual(seenScores.at(-1));
  }
  const held = (rounds * count) / 8;
  expect(await store.count()).toEqual({ documents: 1, chunks: held });
  expect(blocks()).toBeLessThanOrEqual((2 * held) / VECTORS_PER_BLOCK + 5);
  expect(await store.removeChunks(stay, 'v')).toBe(held);
  expect(blocks()).toBe(0);
  await store.close();
});

test('the event loop is free while much is written and searched', async () => {
  const store = createSqliteDocumentStore({ file: newFile() });
  await store.prepare(writtenModel);
  const { record, embedded } = writtenVersion('large', 'v', 4000);
  let done = false;
  const work = (async () => {
    await store.putChunks(record, 'v', embedded);
    await store.replace(record, 'nothing');
    for (let i = 0; i < 20; i++) await store.search({ text: `v ${i}`, vector: along(i), k: 100 });
    return store.removeChunks(record, 'v');
  })().finally(() => (done = true));
  // Passing 4,000 chunks to the thread takes a moment of its own, once.
  await new Promise((resolve) => setImmediate(resolve));
  const gaps: number[] = [];
  for (let last = performance.now(); !done;) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    gaps.push(now - last);
    last = now;
  }
  expect(await work).toBe(4000);
  gaps.sort((a, b) => a - b);
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  // Of all the time, how much went by in turns that were longer than 50 ms.
  const held = gaps.filter((gap) => gap > 50).reduce((sum, gap) => sum + gap, 0);
  console.info(
    `${total.toFixed(0)} ms, of which ${held.toFixed(0)} ms in long turns; longest ${gaps.at(-1)?.toFixed(0)} ms`,
  );
  expect(held).toBeLessThan(total / 4);
  await store.close();
});

test('a file that is no store is refused, and one that can be had again is opened', async () => {
  const file = newFile();
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, 'something else, and long enough to be no database. '.repeat(20));
  const store = createSqliteDocumentStore({ file });
  await expect(store.prepare(writtenModel)).rejects.toThrow(/not a database/);
  rmSync(file);
  expect(await store.prepare(writtenModel)).toEqual({ kind: 'ready' });
  await store.close();
  await store.close();
  await expect(store.count()).rejects.toThrow(/closed/);
});

test('a store that nobody prepared is empty', async () => {
  const store = createSqliteDocumentStore({ file: newFile() });
  const { record, embedded } = writtenVersion('a', 'v', 1);
  expect(await store.search({ text: 'v', vector: along(0), k: 3 })).toEqual([]);
  expect(await store.list(undefined, 3)).toEqual({ documents: [] });
  expect(await store.find(record)).toBeUndefined();
  await expect(store.putChunks(record, 'v', embedded)).rejects.toThrow(/8 dimensions/);
  await store.close();
});
