import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that Linux gives to connections and to servers that ask for any (32768 and up): what
 * is free there when a test looks is still free when the process that it starts takes it.
 */
const FIRST = 12_000;
const LAST = 32_000;
/** Test files that run side by side draw from parts of their own. */
const PARTS = 8;

const part = (Number(process.env.JEST_WORKER_ID ?? 1) - 1) % PARTS;
const size = (LAST - FIRST) / PARTS;
let next = randomInt(size);

/** `count` ports in sequence that nothing listens on; no second call in one test file gives them again. */
export async function freePorts(count: number): Promise<number[]> {
  for (;;) {
    if (next + count > size) next = 0;
    const ports = Array.from({ length: count }, (_, i) => FIRST + part * size + next + i);
    next += count;
    if ((await Promise.all(ports.map(isFree))).every(Boolean)) return ports;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, () => server.close(() => resolve(true)));
  });
}
