/**
 * One file, straight into storage and through the pipeline. Goes on where an ended run was; announces anew what the app has
 * forgotten; asks for another URL when the time of one is up.
 */
import { open, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { BlockBlobClient, type RestError } from '@azure/storage-blob';
import { uploadBlocks } from '../../src/adapters/azure-storage/staged-blocks';
import type { MediaRecord } from '../../src/domain/media/media-record';
import { AppRefusal } from '../local/ask-app';
import type { AppClient } from './app-client';
import { fileDigests, type FileDigests } from './file-digests';
import { openJournal, type UploadJournal } from './upload-journal';
import type { UploadOptions } from './upload-options';

export interface UploadWatcher {
  /** `reused`: the block was there from an earlier run. */
  bytes(count: number, reused: boolean): void;
  note(text: string): void;
  /** All of it is in storage, as a blob. */
  arrived(): void;
}

/** What was sent of it is of no use any more. */
export class FileChanged extends Error {
  override readonly name = 'FileChanged';
}

export type UploadOutcome = { readonly record: MediaRecord; readonly deadLetter?: string; readonly mismatch?: string };

const TRIES = 5;
const LOOK_EVERY_MS = 250;
const LONGEST_SILENCE_MS = 60_000;
const SETTLED: ReadonlySet<string> = new Set(['processed', 'failed', 'superseded', 'vanished']);
const retryOptions = { maxTries: 4, tryTimeoutInMs: 120_000, retryDelayInMs: 500, maxRetryDelayInMs: 10_000 };
/** Enough for the type to be told; the app looks for itself. */
const HEAD_BYTES = 4100;

export async function uploadFile(
  file: string,
  app: AppClient,
  options: UploadOptions,
  journalFolder: string,
  watcher: UploadWatcher,
): Promise<UploadOutcome> {
  const facts = await stat(file);
  if (!facts.isFile()) throw new Error('is no file');
  if (facts.size === 0) throw new Error('is empty');
  const journal = openJournal(
    journalFolder,
    options.app.url,
    { path: file, size: facts.size, mtimeMs: facts.mtimeMs },
    options.blockSize,
  );
  const handle = await open(file, 'r');
  try {
    const head = await headOf(handle);
    const contentType = await typeOf(head);
    const announce = async (): Promise<{ id: string; url: string }> => {
      const announced = await app.announce({
        name: path.basename(file),
        size: facts.size,
        contentType,
        head: head.toString('base64'),
      });
      journal.announced(announced.id);
      return announced;
    };
    const known = journal.id === undefined ? undefined : await app.renew(journal.id);
    if (known && journal.blocks.size > 0)
      watcher.note(`goes on: ${journal.blocks.size} blocks are there already, and are only compared`);
    let target = known ?? (await announce());

    const digests = fileDigests(file);
    digests.catch(() => undefined);
    const unchanged = async (): Promise<FileDigests> => {
      const found = await digests;
      const now = await stat(file);
      if (now.size !== facts.size || now.mtimeMs !== facts.mtimeMs)
        throw new FileChanged('was changed while it was uploaded; nothing of it was finished. Upload it again');
      return found;
    };

    for (let failures = 0; ;) {
      try {
        await send(target.url, handle, facts.size, contentType, unchanged, journal, options, watcher);
        break;
      } catch (error) {
        if (error instanceof FileChanged) throw error;
        const { statusCode: status, code } = error as RestError;
        if (status === undefined && code === undefined) throw error;
        if (++failures >= TRIES) throw error;
        watcher.note(`${code ?? status ?? 'storage does not answer'}; trying again`);
        // Staged blocks live for a week; a list that names one that is gone is refused as a whole.
        if (code === 'InvalidBlockList') target = await announce();
        else target = (await app.renew(target.id)) ?? (await announce());
      }
    }
    watcher.arrived();
    const { sha256 } = await digests;
    const { deadLetter, ...record } = await settled(app, target.id);
    journal.remove();
    const mismatch =
      record.sha256 !== undefined && record.sha256 !== sha256 ? `here ${sha256}, there ${record.sha256}` : undefined;
    return { record, ...(deadLetter ? { deadLetter } : {}), ...(mismatch ? { mismatch } : {}) };
  } finally {
    await handle.close();
  }
}

async function send(
  url: string,
  handle: FileHandle,
  length: number,
  contentType: string,
  digests: () => Promise<FileDigests>,
  journal: UploadJournal,
  { blockSize, concurrency }: UploadOptions,
  watcher: UploadWatcher,
): Promise<void> {
  const source = {
    length,
    async read(into: Uint8Array, offset: number): Promise<void> {
      for (let at = 0; at < into.byteLength;) {
        const { bytesRead } = await handle.read(into, at, into.byteLength - at, offset + at);
        if (bytesRead === 0) throw new FileChanged('became shorter while it was uploaded. Upload it again');
        at += bytesRead;
      }
    },
  };
  await uploadBlocks(new BlockBlobClient(url, undefined, { retryOptions }), source, {
    blockSize,
    concurrency,
    singlePutSize: Math.min(blockSize, 4 * 1024 * 1024),
    contentType,
    metadata: {},
    md5: async () => (await digests()).md5,
    staged: journal.blocks,
    onBlock: (id, bytes, reused) => {
      if (id !== '') journal.staged(id);
      watcher.bytes(bytes, reused);
    },
  });
}

async function headOf(handle: FileHandle): Promise<Buffer> {
  const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
  return buffer.subarray(0, bytesRead);
}

async function typeOf(head: Buffer): Promise<string> {
  const { fileTypeFromBuffer } = await import('file-type');
  try {
    return (await fileTypeFromBuffer(head))?.mime ?? 'application/octet-stream';
  } catch {
    return 'application/octet-stream';
  }
}

/** Asks until the pipeline is through with it: its answer is all there is to go by. An app that restarts is waited for. */
async function settled(app: AppClient, id: string): ReturnType<AppClient['media']> {
  for (let silentMs = 0; ; silentMs += LOOK_EVERY_MS) {
    try {
      const record = await app.media(id);
      if (SETTLED.has(record.state)) return record;
      silentMs = 0;
    } catch (error) {
      const passes = error instanceof AppRefusal && (error.status === 0 || error.status >= 500);
      if (!passes || silentMs > LONGEST_SILENCE_MS) throw error;
    }
    await delay(LOOK_EVERY_MS);
  }
}
