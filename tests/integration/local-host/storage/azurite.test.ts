import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { AzuriteStartError, startAzurite } from '../../../../local-host/storage/azurite';
import { isAlive } from '../../../../local-host/process-state';
import { eventually } from './listener-host';
import { azuriteUnderTest, type AzuriteUnderTest } from './azurite-under-test';

let storage: AzuriteUnderTest;
beforeEach(async () => {
  storage = await azuriteUnderTest();
});
afterEach(() => storage.stop());

describe('the embedded storage', () => {
  test('is a process of its own, with its id in the pid file and its requests in the access log', async () => {
    const { azurite, home, connection } = storage;
    expect(azurite.adopted).toBe(false);
    expect(Number(readFileSync(path.join(home, 'azurite', 'azurite.pid'), 'utf8'))).toBe(azurite.pid);
    await connection.queues().getQueueClient('jobs').create();
    const line = /"PUT \/devstoreaccount1\/jobs\S* HTTP\/1\.1" 201/;
    await eventually(async () => line.test(readFileSync(azurite.accessLog, 'utf8')) || undefined);
    expect(azurite.endpoints.queue).toBe(`http://127.0.0.1:${storage.ports.queue}/devstoreaccount1`);
  });

  test('is adopted when it runs already', async () => {
    const again = await startAzurite({ location: path.join(storage.home, 'azurite'), ports: storage.ports });
    expect([again.adopted, again.pid]).toEqual([true, storage.azurite.pid]);
  });

  test('is not doubled on other ports', async () => {
    const elsewhere = startAzurite({
      location: path.join(storage.home, 'azurite'),
      ports: { blob: 1, queue: 2, table: 3 },
    });
    await expect(elsewhere).rejects.toThrow(`kill ${storage.azurite.pid}`);
  });

  test('names a port that another Azurite holds, and the remedy', async () => {
    const other = startAzurite({ location: path.join(storage.home, 'other'), ports: storage.ports });
    await expect(other).rejects.toThrow(AzuriteStartError);
    await expect(other).rejects.toThrow(
      `Port ${storage.ports.blob}, needed for the blob service of the embedded storage, is in use by another Azurite`,
    );
    await expect(other).rejects.toThrow('--storage-port N');
  });

  test('names a port that another program holds', async () => {
    const stranger = createServer((_request, response) => response.end('hello'));
    await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    const { port } = stranger.address() as AddressInfo;
    const ports = { blob: port, queue: 2, table: 3 };
    const other = startAzurite({ location: path.join(storage.home, 'other'), ports });
    await expect(other).rejects.toThrow(
      `Port ${port}, needed for the blob service of the embedded storage, is in use by another program`,
    );
    await new Promise((resolve) => stranger.close(resolve));
  });

  test('says what to install when the package is missing', async () => {
    const options = { location: path.join(storage.home, 'other'), ports: storage.ports, resolveFrom: ['/'] };
    await expect(startAzurite(options)).rejects.toThrow('npm install --save-dev azurite');
  });

  test('keeps everything that it acknowledged before SIGTERM', async () => {
    const { connection } = storage;
    const container = connection.blobs().getContainerClient('kept');
    const queue = connection.queues().getQueueClient('kept');
    const table = connection.table('kept');
    await Promise.all([container.create(), queue.create(), table.createTable()]);
    const blobs = new Set<string>();
    const rows = new Set<string>();
    let messages = 0;
    const write = async (writer: number): Promise<void> => {
      for (let i = 0; ; i++) {
        const name = `${writer}-${i}`;
        try {
          await container.getBlockBlobClient(name).upload(name, name.length);
          blobs.add(name);
          await queue.sendMessage(name);
          messages += 1;
          await table.createEntity({ partitionKey: 'p', rowKey: name });
          rows.add(name);
        } catch {
          return;
        }
      }
    };
    const writers = [1, 2, 3].map(write);
    // It saves every five seconds by itself, so what was written just now is in its memory alone.
    while (rows.size < 100) await new Promise((resolve) => setImmediate(resolve));
    await storage.goAway();
    await Promise.all(writers);
    await storage.comeBack();
    for await (const { name } of container.listBlobsFlat()) blobs.delete(name);
    for await (const { rowKey } of table.listEntities()) rows.delete(String(rowKey));
    expect([...blobs, ...rows]).toEqual([]);
    expect((await queue.getProperties()).approximateMessagesCount).toBeGreaterThanOrEqual(messages);
  });

  test('ends when told, once, and takes its pid file along', async () => {
    const { pid } = storage.azurite;
    await Promise.all([storage.azurite.stop(), storage.azurite.stop()]);
    expect(isAlive(pid)).toBe(false);
    expect(existsSync(path.join(storage.home, 'azurite', 'azurite.pid'))).toBe(false);
  });

  test('outlives the process that started it', async () => {
    await storage.goAway();
    const start = path.resolve(__dirname, '../../../../local-host/storage/azurite.js');
    const script = `require(${JSON.stringify(start)}).startAzurite(${JSON.stringify({
      location: path.join(storage.home, 'azurite'),
      ports: storage.ports,
    })}).then(() => process.kill(process.pid, 'SIGKILL'))`;
    expect(spawnSync(process.execPath, ['--no-warnings', '-e', script]).signal).toBe('SIGKILL');
    await storage.comeBack();
    expect(storage.azurite.adopted).toBe(true);
  });

  test('puts a log that grew too large aside when it starts', async () => {
    const { accessLog } = storage.azurite;
    await storage.goAway();
    truncateSync(accessLog, 65 * 1024 * 1024);
    await storage.comeBack();
    expect(statSync(`${accessLog}.1`).size).toBe(65 * 1024 * 1024);
    expect(statSync(accessLog).size).toBeLessThan(100_000);
  });
});
