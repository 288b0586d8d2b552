/**
 * The other side of the share bench, as source 001 describes it: each file in turn, copied with fsync, then sent by the SDK's own
 * `uploadFile`, then deleted. With the argument `limit`: the bound, one copy with fsync beside raw sends of another file, hashing
 * nothing. Arguments: storage, folder, staging folder, mode. A process of its own.
 */
import { createReadStream } from 'node:fs';
import { copyFile, open, readdir, stat, unlink } from 'node:fs/promises';
import http from 'node:http';
import path from 'node:path';
import { ContainerClient, StorageSharedKeyCredential } from '@azure/storage-blob';

const [storageUrl = '', folder = '', staging = '', mode = 'loop'] = process.argv.slice(2);
const container = new ContainerClient(
  `${storageUrl}/devstoreaccount1/loop`,
  new StorageSharedKeyCredential('devstoreaccount1', 'c3R1YnN0dWI='),
);
const agent = new http.Agent({ keepAlive: true });
const MiB = 1024 * 1024;

async function copied(name: string): Promise<string> {
  const target = path.join(staging, name);
  await copyFile(path.join(folder, name), target);
  const handle = await open(target, 'r+');
  await handle.sync();
  await handle.close();
  return target;
}

async function loop(names: readonly string[]): Promise<void> {
  for (const name of names) {
    const target = await copied(name);
    await container
      .getBlockBlobClient(name)
      .uploadFile(target, { blockSize: 8 * MiB, concurrency: 8, maxSingleShotSize: 4 * MiB });
    await unlink(path.join(folder, name));
    await unlink(target);
  }
}

async function limit(names: readonly string[]): Promise<void> {
  let before: string | undefined;
  for (const name of [...names, undefined]) {
    const [target] = await Promise.all([name === undefined ? undefined : copied(name), before && raw(before)]);
    if (before) await unlink(before);
    before = target;
  }
  for (const name of names) await unlink(path.join(folder, name));
}

async function raw(file: string): Promise<void> {
  const { size } = await stat(file);
  await new Promise<void>((resolve, reject) => {
    const request = http.request(
      `${storageUrl}/devstoreaccount1/limit/x`,
      { method: 'PUT', agent, headers: { 'content-length': size } },
      (answer) => answer.resume().once('end', resolve),
    );
    request.once('error', reject);
    createReadStream(file, { highWaterMark: MiB }).pipe(request);
  });
}

let began = false;
let seconds: number | undefined;

/** The first question starts it; each is answered with the seconds it took, 0 while it goes on. */
const server = http.createServer((_request, response) => {
  response.end(String(seconds ?? 0));
  if (began) return;
  began = true;
  const start = performance.now();
  void readdir(folder)
    .then((names) => (mode === 'limit' ? limit : loop)(names.sort()))
    .then(() => (seconds = (performance.now() - start) / 1000));
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as { port: number }).port }));
process.once('disconnect', () => process.exit(0));
