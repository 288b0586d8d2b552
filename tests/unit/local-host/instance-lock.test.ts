import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InstanceTakenError, livingInstance, lockInstance } from '../../../local-host/instance-lock';

let folder: string;
beforeEach(() => (folder = mkdtempSync(path.join(os.tmpdir(), 'instances-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** The lock's own module, for processes of their own. */
const lockModule = require.resolve('../../../local-host/instance-lock');

test('an instance is one process, and free again once it is let go', () => {
  const lock = lockInstance(folder, 1);
  expect(() => lockInstance(folder, 1)).toThrow(InstanceTakenError);
  lock.release();
  lock.release();
  lockInstance(folder, 1).release();
});

test('the refusal names process, port, folder and remedies', () => {
  const lock = lockInstance(folder, 1);
  lock.note(7075);
  expect(() => lockInstance(folder, 1)).toThrow(
    new RegExp(
      `process ${process.pid}, at http://localhost:7075, with its state in ${folder}\\. Stop it, or .*--instance auto`,
    ),
  );
  lock.release();
});

test('auto takes the lowest number that is free', () => {
  const locks = [lockInstance(folder, 'auto'), lockInstance(folder, 'auto'), lockInstance(folder, 'auto')];
  expect(locks.map((lock) => lock.instanceNumber)).toEqual([1, 2, 3]);
  locks[1]?.release();
  const again = lockInstance(folder, 'auto');
  expect(again.instanceNumber).toBe(2);
  for (const lock of [...locks, again]) lock.release();
});

test('a killed process holds nothing', async () => {
  const script = path.join(folder, 'holder.js');
  writeFileSync(
    script,
    `require(${JSON.stringify(lockModule)}).lockInstance(${JSON.stringify(folder)}, 1).note(1); process.send('held'); setInterval(() => {}, 1e6);`,
  );
  const holder = fork(script, { execArgv: ['--no-warnings'] });
  await once(holder, 'message');
  expect(() => lockInstance(folder, 1)).toThrow(`process ${holder.pid}`);
  expect(livingInstance(folder, 1)).toMatchObject({ pid: holder.pid, port: 1 });
  holder.kill('SIGKILL');
  await once(holder, 'exit');
  expect(livingInstance(folder, 1)).toBeUndefined();
  lockInstance(folder, 1).release();
});

test('of many that start at once, one gets each number', async () => {
  const script = path.join(folder, 'racer.js');
  writeFileSync(
    script,
    `const lock = require(${JSON.stringify(lockModule)}).lockInstance(${JSON.stringify(folder)}, 'auto');
process.send(lock.instanceNumber); process.on('message', () => process.exit());`,
  );
  const racers = Array.from({ length: 6 }, () => fork(script, { execArgv: ['--no-warnings'] }));
  const numbers = await Promise.all(racers.map(async (racer) => (await once(racer, 'message'))[0] as number));
  expect([...numbers].sort()).toEqual([1, 2, 3, 4, 5, 6]);
  const ended = racers.map((racer) => once(racer, 'exit'));
  for (const racer of racers) racer.send('end');
  await Promise.all(ended);
});

test('a folder that cannot be written is no other process', () => {
  expect(() => lockInstance(path.join(folder, 'absent'), 1)).toThrow(/unable to open/);
});
