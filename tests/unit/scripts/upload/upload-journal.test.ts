import { appendFileSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { openJournal } from '../../../../scripts/upload/upload-journal';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const file = { path: '/x/film.mp4', size: 10, mtimeMs: 5 };
const open = (over: Partial<typeof file> = {}, url = 'http://a') => openJournal(folder, url, { ...file, ...over }, 4);

it('keeps the upload and its blocks for the next run, and nothing once it is removed', () => {
  const journal = open();
  expect([journal.id, journal.blocks.size]).toEqual([undefined, 0]);
  journal.announced('upload-1');
  journal.staged('b1');
  journal.staged('b2');
  journal.staged('b1');
  const next = open();
  expect([next.id, [...next.blocks]]).toEqual(['upload-1', ['b1', 'b2']]);
  next.remove();
  expect(open().id).toBeUndefined();
});

it('forgets the blocks of an upload that is announced anew', () => {
  const journal = open();
  journal.announced('upload-1');
  journal.staged('b1');
  journal.announced('upload-2');
  expect([open().id, open().blocks.size]).toEqual(['upload-2', 0]);
});

it('is for one content and one app', () => {
  open().announced('upload-1');
  expect(open({ size: 11 }).id).toBeUndefined();
  expect(open({ mtimeMs: 6 }).id).toBeUndefined();
  expect(open({}, 'http://b').id).toBeUndefined();
});

it('leaves out a line that a crash cut', () => {
  const journal = open();
  journal.announced('upload-1');
  journal.staged('b1');
  appendFileSync(path.join(folder, readdirSync(folder)[0]!), 'half-a-bl');
  expect([...open().blocks]).toEqual(['b1']);
});
