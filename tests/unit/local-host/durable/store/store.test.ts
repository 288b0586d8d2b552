import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase, StateFileError } from '../../../../../local-host/durable/store/schema';
import { FencedError, Store } from '../../../../../local-host/durable/store/store';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'store-'));
  file = join(folder, 'state.sqlite');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('The state file', () => {
  it('waits for the disk at every commit', () => {
    const db = openDatabase(file);
    expect(db.prepare('PRAGMA synchronous').get()?.['synchronous']).toBe(2);
    expect(db.prepare('PRAGMA journal_mode').get()?.['journal_mode']).toBe('wal');
    db.close();
  });

  it('is refused when it is not a database', () => {
    writeFileSync(file, 'not a database at all, but long enough to have a header'.repeat(100));
    expect(() => openDatabase(file)).toThrow(StateFileError);
    expect(() => openDatabase(file)).toThrow(/is damaged .* Nothing was changed\. Restore it .* or move both away/);
  });

  it('is refused when a page of it is damaged', () => {
    const db = openDatabase(file);
    const add = db.prepare('INSERT INTO inputs VALUES (?, ?)');
    for (let i = 0; i < 200; i++) add.run(`i${i}`, 'x'.repeat(500));
    db.close();
    const bytes = readFileSync(file);
    bytes.fill(0x55, 4096 * 14, 4096 * 22);
    writeFileSync(file, bytes);
    expect(() => openDatabase(file)).toThrow(/is damaged/);
  });

  it('is refused, and left alone, when a newer host wrote it', () => {
    openDatabase(file).close();
    const db = new DatabaseSync(file);
    db.exec("UPDATE meta SET value = '99'");
    db.close();
    expect(() => openDatabase(file)).toThrow(/has version 99, this host knows version 1\. Use the newer host/);
  });

  it('is refused when it belongs to something else', () => {
    const db = new DatabaseSync(file);
    db.exec('CREATE TABLE theirs (a)');
    db.close();
    expect(() => openDatabase(file)).toThrow(/database of something else/);
  });
});

describe('Group commit', () => {
  const open = (): Store => {
    const store = new Store(file, 'me');
    store.read.hosts.register({ id: 'me', pid: process.pid, leaseUntil: Number.MAX_SAFE_INTEGER });
    return store;
  };

  it('puts the writes of one turn of the event loop into one transaction', async () => {
    const store = open();
    await Promise.all(Array.from({ length: 50 }, (_, i) => store.write((tx) => tx.instances.putInput(`i${i}`, '1'))));
    expect(store.commits).toBe(1);
    expect(store.writes).toBe(50);
    store.close();
  });

  it('acknowledges nothing before it is on the disk', async () => {
    const store = open();
    const other = new DatabaseSync(file);
    const seen = (): unknown => other.prepare('SELECT input FROM inputs').get()?.['input'];
    const order: unknown[] = [];
    const done = store.write((tx) => {
      tx.instances.putInput('i', '1');
      order.push(['written', seen()]);
      tx.after(() => order.push(['after', seen()]));
    });
    await done.then(() => order.push(['acknowledged', seen()]));
    expect(order).toEqual([
      ['written', undefined],
      ['after', '1'],
      ['acknowledged', '1'],
    ]);
    other.close();
    store.close();
  });

  it('lets a failing write fail alone, without its callbacks', async () => {
    const store = open();
    const after = jest.fn();
    const results = await Promise.allSettled([
      store.write((tx) => tx.instances.putInput('a', '1')),
      store.write((tx) => {
        tx.instances.putInput('b', '1');
        tx.after(after);
        throw new Error('no');
      }),
      store.write((tx) => tx.instances.putInput('c', '1')),
    ]);
    expect(results.map((r) => r.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(['a', 'b', 'c'].map((id) => store.read.instances.input(id))).toEqual(['1', 'null', '1']);
    expect(after).not.toHaveBeenCalled();
    store.close();
  });

  it('writes nothing once others took this process for dead', async () => {
    const store = open();
    await store.write((tx) => tx.hosts.remove('me'));
    await expect(store.write((tx) => tx.instances.putInput('a', '1'))).rejects.toThrow(FencedError);
    expect(store.read.instances.input('a')).toBe('null');
    store.close();
  });

  it('gives the disk what a purge has freed', async () => {
    const store = open();
    const big = JSON.stringify('x'.repeat(100_000));
    await store.write((tx) => {
      for (let i = 0; i < 300; i++) tx.instances.putInput(`i${i}`, big);
    });
    const size = (): number => {
      const other = new DatabaseSync(file);
      const pages = Number(other.prepare('PRAGMA page_count').get()?.['page_count']);
      other.close();
      return pages * 4096;
    };
    expect(size()).toBeGreaterThan(30e6);
    await store.write((tx) => {
      for (let i = 0; i < 300; i++) tx.instances.remove(`i${i}`);
      tx.after(() => store.giveBack());
    });
    while (size() > 5e6) await new Promise((resolve) => setImmediate(resolve));
    expect(size()).toBeGreaterThan(4e6);
    store.close();
  });

  describe('on a full disk', () => {
    /** Fails as SQLite does when its file cannot grow. */
    const fill = (): { add: () => void; free: () => void } => {
      const db = new DatabaseSync(':memory:');
      db.exec('PRAGMA max_page_count = 2; CREATE TABLE t (a)');
      return {
        add: () => void db.prepare('INSERT INTO t VALUES (?)').run('x'.repeat(100_000)),
        free: () => void db.exec('PRAGMA max_page_count = 1000'),
      };
    };

    it('writes what is insisted on once there is room, and says that it waits and that it goes on', async () => {
      const store = open();
      const disk = fill();
      const troubles: (string | undefined)[] = [];
      store.onTrouble = (reason) => void troubles.push(reason);
      let tries = 0;
      await store.insist((tx) => {
        if (++tries === 3) disk.free();
        disk.add();
        tx.instances.putInput('a', '1');
      });
      expect(store.read.instances.input('a')).toBe('1');
      expect(tries).toBe(3);
      expect(troubles).toEqual(['database or disk is full', undefined]);
      store.close();
    });

    it('refuses other writes, and gives up waiting when it closes', async () => {
      const store = open();
      const disk = fill();
      await expect(store.write(disk.add)).rejects.toThrow('database or disk is full');
      const waiting = store.insist(disk.add);
      await new Promise((resolve) => setImmediate(resolve));
      store.close();
      await expect(waiting).rejects.toThrow();
    });

    it('tries nothing again that failed for a reason of its own', async () => {
      const store = open();
      const run = jest.fn(() => {
        throw new Error('no');
      });
      await expect(store.insist(run)).rejects.toThrow('no');
      expect(run).toHaveBeenCalledTimes(1);
      store.close();
    });
  });

  it('waits once for a file that others have locked, however many writes there are', async () => {
    const store = open();
    const other = new DatabaseSync(file);
    other.exec('BEGIN IMMEDIATE');
    const exec = jest.spyOn(DatabaseSync.prototype, 'exec').mockImplementation(function (this: DatabaseSync, sql) {
      exec.mockRestore();
      // Ten seconds are the production value.
      this.exec('PRAGMA busy_timeout = 1');
      return void this.exec(sql);
    });
    const begun = jest.fn();
    const results = await Promise.allSettled([store.write(begun), store.write(begun), store.write(begun)]);
    expect(results.map((r) => r.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(begun).not.toHaveBeenCalled();
    other.exec('ROLLBACK');
    other.close();
    store.close();
  });

  it('commits what is queued when it closes', () => {
    const store = open();
    void store.write((tx) => tx.instances.putInput('a', '1'));
    store.close();
    const db = new DatabaseSync(file);
    expect(db.prepare('SELECT input FROM inputs').get()?.['input']).toBe('1');
    db.close();
  });
});
