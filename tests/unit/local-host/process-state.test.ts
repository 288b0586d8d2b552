import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { isAlive, processStartTime } from '../../../local-host/process-state';

it('knows itself as alive, with a start time where the kernel tells', () => {
  expect(isAlive(process.pid)).toBe(true);
  expect(processStartTime(process.pid) !== undefined).toBe(existsSync('/proc/self/stat'));
});

it('counts a process that ended as ended', async () => {
  const child = spawn(process.execPath, ['-e', '']);
  await once(child, 'exit');
  expect(isAlive(child.pid!)).toBe(false);
});

const onLinux = existsSync('/proc/self/stat') ? it : it.skip;
onLinux('counts a process that nobody reaped as ended', async () => {
  // The shell becomes `cat`, which never waits for the child it inherited; the child leaves word when it is about to end.
  const parent = spawn('sh', ['-c', 'sh -c "echo \\$\\$" & exec cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [text] = (await once(parent.stdout, 'data')) as [Buffer];
  const orphan = Number(text.toString());
  try {
    while (isAlive(orphan)) await new Promise((resolve) => setImmediate(resolve));
    expect(() => process.kill(orphan, 0)).not.toThrow();
  } finally {
    parent.stdin.end();
    await once(parent, 'exit');
  }
});
