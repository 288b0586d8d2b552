import fs from 'node:fs';
import path from 'node:path';
import { KeyRing } from '../../../../local-host/keys/key-ring';
import { temporaryFolder } from '../temporary-folder';

const folder = temporaryFolder();
const other = temporaryFolder();

describe('KeyRing', () => {
  test('a fixed key is the master key and the default host key', () => {
    const ring = new KeyRing(folder, 'fixed');
    expect([ring.masterKey, ring.hostKeys]).toEqual(['fixed', { default: 'fixed' }]);
  });

  test('system and function keys are made on first use and survive the process', () => {
    const ring = new KeyRing(other);
    const system = ring.systemKey('durabletask_extension');
    const [own] = Object.values(ring.keysOf('one'));
    const again = new KeyRing(other);
    expect(again.systemKey('durabletask_extension')).toBe(system);
    expect(Object.values(again.keysOf('one'))).toEqual([own]);
    expect(again.masterKey).toBe(ring.masterKey);
    expect(fs.statSync(path.join(other, 'keys.json')).mode & 0o077).toBe(0);
  });

  test('tells of every change that the worker has to know', () => {
    const ring = new KeyRing(temporary(), 'fixed');
    const changes: string[] = [];
    ring.onChange = () => changes.push(Object.keys(ring.hostKeys).join());
    ring.set({ kind: 'host' }, 'spare', 'v');
    expect(ring.remove({ kind: 'host' }, 'spare')).toBe(true);
    expect(ring.remove({ kind: 'host' }, 'spare')).toBe(false);
    expect(changes).toEqual(['default,spare', 'default']);
  });

  test('lives without a folder that can be written', () => {
    expect(new KeyRing('/nowhere/at/all').systemKey('x')).not.toBe('');
  });
});

function temporary(): string {
  return path.join(folder, 'absent');
}
