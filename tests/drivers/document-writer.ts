/**
 * A process that replaces one document over and over in a SQLite store, `node document-writer.js FILE NAME CHUNKS`, and says so
 * after each replacement; to be killed at any moment.
 */
import { createSqliteDocumentStore } from '../../src/adapters/sqlite/document-store';
import { writtenModel, writtenRecord, writtenVersion } from './written-documents';

async function main(): Promise<void> {
  const [file = '', name = '', chunks = ''] = process.argv.slice(2);
  const store = createSqliteDocumentStore({ file });
  await store.prepare(writtenModel);
  for (let round = 0; ; round++) {
    const standing = await store.find(writtenRecord(name, ''));
    const { record, embedded } = writtenVersion(name, `${process.pid}-${round}`, Number(chunks));
    await store.putChunks(record, record.version, embedded.slice(0, 7));
    await store.putChunks(record, record.version, embedded.slice(7));
    const outcome = await store.replace(record, standing ? { tag: standing.tag } : 'nothing');
    if (outcome !== 'replaced') throw new Error(`${name} was changed by another.`);
    process.send?.(round);
    if (standing) await store.removeChunks(record, standing.record.version);
  }
}

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
void main();
