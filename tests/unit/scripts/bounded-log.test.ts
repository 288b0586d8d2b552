import { existsSync, readFileSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { BoundedLog } from '../../../scripts/local/bounded-log';
import { temporaryFolder } from '../local-host/temporary-folder';

const folder = temporaryFolder();

describe('the log of npm start', () => {
  test('stays within its bound while it is written, and keeps the newest lines', () => {
    const file = path.join(folder, 'bounded.log');
    const log = new BoundedLog({ file, limit: 1000, onTrouble: () => undefined });
    for (let i = 0; i < 500; i++) log.lines([`line ${i} ${'x'.repeat(20)}`]);
    log.close();
    expect(statSync(file).size).toBeLessThanOrEqual(1000);
    expect(statSync(`${file}.1`).size).toBeLessThanOrEqual(1000);
    const kept = readFileSync(`${file}.1`, 'utf8') + readFileSync(file, 'utf8');
    expect(kept).toMatch(/line 480 .*\n(?:line \d+ .*\n)*line 499 x+\n$/);
  });

  test('goes on where the run before it ended', () => {
    const file = path.join(folder, 'again.log');
    for (const line of ['first', 'second']) {
      const log = new BoundedLog({ file, limit: 1000, onTrouble: () => undefined });
      log.lines([line]);
      log.close();
    }
    expect(readFileSync(file, 'utf8')).toBe('first\nsecond\n');
  });

  test('survives a full disk, tells of it once, and says afterwards how much is missing', () => {
    const file = path.join(folder, 'full.log');
    const troubles: string[] = [];
    let full = false;
    const log = new BoundedLog({
      file,
      limit: 1000,
      onTrouble: (reason) => troubles.push(reason),
      write: (fd, bytes) => {
        if (full) throw new Error('ENOSPC: no space left on device, write');
        return writeSync(fd, bytes);
      },
    });
    log.lines(['before']);
    full = true;
    for (let i = 0; i < 3; i++) log.lines([`lost ${i}`]);
    full = false;
    log.lines(['after']);
    log.close();
    expect(troubles).toEqual(['ENOSPC: no space left on device, write']);
    expect(readFileSync(file, 'utf8')).toBe('before\n3 lines were lost: the log could not be written.\nafter\n');
  });

  test('survives a folder that is not there', () => {
    const file = path.join(folder, 'missing', 'x.log');
    const troubles: string[] = [];
    const log = new BoundedLog({ file, limit: 10, onTrouble: (reason) => troubles.push(reason) });
    log.lines(['x']);
    log.lines(['y']);
    log.close();
    expect(troubles).toHaveLength(1);
    expect(existsSync(file)).toBe(false);
  });
});
