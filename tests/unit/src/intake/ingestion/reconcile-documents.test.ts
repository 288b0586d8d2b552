/** Documents whose blob is gone are found whatever the orders of storage and store are, and no other document is. */
import { documentId } from '../../../../../src/domain/ingestion/document-id';
import { forgetDocument } from '../../../../../src/intake/ingestion/forget-document';
import { createReconcileDocuments } from '../../../../../src/intake/ingestion/reconcile-documents';
import { MemoryBlobStore } from '../../../../fakes/memory-blob-store';
import { memoryDocumentStore } from '../../../../fakes/memory-document-store';
import { memoryOrchestrations } from '../../../../fakes/memory-stores';
import { SeededRandom } from '../../../../fakes/seeded-random';

const container = 'snippet-input';
const model = { name: 'memory', dimensions: 2 };
const seed = Number(process.env.RECONCILE_SEED ?? Math.floor(Math.random() * 2 ** 31));

function world(order: (a: string, b: string) => number) {
  const blobs = new MemoryBlobStore();
  const store = memoryDocumentStore();
  const orchestrations = memoryOrchestrations();
  let asked = 0;
  blobs.before = (operation) => {
    if (operation === 'describe') asked++;
  };
  const listing = {
    async *pages() {
      const names = [...blobs.blobs.keys()].map((key) => key.slice(container.length + 1)).sort(order);
      for (let at = 0; at < names.length; at += 7) yield names.slice(at, at + 7).map((name) => ({ name, etag: '' }));
    },
  };
  const reconcile = createReconcileDocuments({ listing, blobs, store, forget: forgetDocument }, { container });
  return {
    ...{ blobs, store, orchestrations },
    asked: () => asked,
    async add(name: string, projectId = 'p', from: string | null = container): Promise<void> {
      await store.prepare(model);
      const record = {
        ...{ projectId, documentId: documentId(projectId, from ?? '', name), name, version: name, contentHash: 'h' },
        ...{ chunking: 'c', model, chunks: 1, tokens: 1, characters: 1, ingestedAt: '' },
        ...(from === null ? {} : { source: { container: from, blob: name, etag: '"1"' } }),
      };
      await store.replace(record, 'nothing');
    },
    async forgotten(): Promise<string[]> {
      await reconcile(orchestrations);
      return orchestrations.started.map(({ input }) => (input as { version: string }).version).sort();
    },
  };
}

const byUnits = (a: string, b: string): number => (a < b ? -1 : 1);
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

it.each([
  ['code units', byUnits],
  ['bytes', byBytes],
])(`forgets those whose blob is gone, where storage orders by %s (RECONCILE_SEED=${seed})`, async (_name, order) => {
  const random = new SeededRandom(seed);
  const w = world(order);
  const gone: string[] = [];
  const names = new Set<string>();
  while (names.size < 120) {
    const letters = Array.from({ length: 3 }, () => random.pick(['a', 'B', '/', '-', '\uFFFD', '😀', 'é', '0']));
    names.add(`${letters.join('')}${names.size}`);
  }
  for (const name of names) {
    await w.add(name);
    if (random.chance(0.3)) gone.push(name);
    else w.blobs.put({ container, name }, 'x');
    if (random.chance(0.2)) w.blobs.put({ container, name: `${name}-no-document` }, 'x');
  }
  expect(await w.forgotten()).toEqual(gone.sort());
});

it('asks for no blob by itself while the orders agree and nothing is gone', async () => {
  const w = world(byUnits);
  for (let n = 0; n < 50; n++) {
    await w.add(`${n}.md`);
    w.blobs.put({ container, name: `${n}.md` }, 'x');
  }
  expect(await w.forgotten()).toEqual([]);
  expect(w.asked()).toBe(0);
});

it('looks at each project, and leaves alone what came from elsewhere', async () => {
  const w = world(byUnits);
  w.blobs.put({ container, name: 'kept.md' }, 'x');
  for (const project of ['a', 'b']) {
    await w.add('gone.md', project);
    await w.add('kept.md', project);
  }
  await w.add('by hand', 'a', null);
  await w.add('elsewhere.md', 'a', 'another-container');
  expect(await w.forgotten()).toEqual(['gone.md', 'gone.md']);
});
