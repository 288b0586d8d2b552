/** Uploads: the app on the local host against a bare node:http server, same parser, same stub storage, same run. */
import { randomBytes } from 'node:crypto';
import http from 'node:http';
import { figure, quantile } from './parts/figures';
import { peakMiB, startPart } from './parts/processes';

const MiB = 1024 * 1024;
const LARGE = 1024 * MiB;
const SMALL = 16 * 1024;
const ROUNDS = 5;
const SMALL_COUNT = 1000;
const PARALLEL = 16;

const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const head = Buffer.from(
  '--xx\r\nContent-Disposition: form-data; name="file"; filename="bench.png"\r\nContent-Type: image/png\r\n\r\n',
);
const tail = Buffer.from('\r\n--xx--\r\n');

export async function run(): Promise<void> {
  const storage = await startPart('stub-storage');
  const ours = await startPart('app-server', [storage.url]);
  const bare = await startPart('bare-server', [storage.url]);
  const bareMd5 = await startPart('bare-server', [storage.url, 'md5']);
  const sides = { ours, bare, bareMd5 };
  try {
    for (const side of Object.values(sides)) await upload(side.url, 8 * MiB, new http.Agent());

    const speed: Record<keyof typeof sides, number[]> = { ours: [], bare: [], bareMd5: [] };
    const sameDuty: number[] = [];
    const ratios: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, side] of entries(sides)) {
        const ms = await upload(side.url, LARGE, new http.Agent());
        speed[name].push(LARGE / MiB / (ms / 1000));
      }
      ratios.push((speed.ours.at(-1) ?? NaN) / (speed.bare.at(-1) ?? NaN));
      sameDuty.push((speed.ours.at(-1) ?? NaN) / (speed.bareMd5.at(-1) ?? NaN));
      console.log(
        `round ${round + 1}: ours ${speed.ours.at(-1)?.toFixed(0)} MiB/s, bare ${speed.bare.at(-1)?.toFixed(0)} MiB/s, ratio ${ratios.at(-1)?.toFixed(2)}`,
      );
    }

    const p50: Record<keyof typeof sides, number[]> = { ours: [], bare: [], bareMd5: [] };
    const p99: Record<keyof typeof sides, number[]> = { ours: [], bare: [], bareMd5: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const [name, side] of entries(sides)) {
        const latencies = await manySmall(side.url);
        p50[name].push(quantile(latencies, 0.5));
        p99[name].push(quantile(latencies, 0.99));
      }
      console.log(
        `round ${round + 1}: ours p50 ${p50.ours.at(-1)?.toFixed(1)} ms p99 ${p99.ours.at(-1)?.toFixed(1)} ms, bare p50 ${p50.bare.at(-1)?.toFixed(1)} ms p99 ${p99.bare.at(-1)?.toFixed(1)} ms`,
      );
    }

    console.log(
      JSON.stringify({
        bench: 'upload',
        ratio: figure(ratios, 2),
        ratioToBareWithMd5: figure(sameDuty, 2),
        large: {
          bytes: LARGE,
          oursMiBs: figure(speed.ours, 0),
          bareMiBs: figure(speed.bare, 0),
          bareMd5MiBs: figure(speed.bareMd5, 0),
        },
        small: {
          bytes: SMALL,
          count: SMALL_COUNT,
          parallel: PARALLEL,
          oursP50Ms: figure(p50.ours),
          oursP99Ms: figure(p99.ours),
          bareP50Ms: figure(p50.bare),
          bareP99Ms: figure(p99.bare),
        },
        peakMiB: { worker: Math.round(peakMiB(ours.pid, true)), bare: Math.round(peakMiB(bare.pid, false)) },
      }),
    );
  } finally {
    for (const part of [ours, bare, bareMd5, storage]) await part.stop();
  }
}

function entries<K extends string, V>(of: Readonly<Record<K, V>>): [K, V][] {
  return Object.entries(of) as [K, V][];
}

async function manySmall(url: string): Promise<number[]> {
  const agent = new http.Agent({ keepAlive: true, maxSockets: PARALLEL });
  const latencies: number[] = [];
  let left = SMALL_COUNT;
  const worker = async (): Promise<void> => {
    while (left-- > 0) latencies.push(await upload(url, SMALL, agent));
  };
  await Promise.all(Array.from({ length: PARALLEL }, worker));
  agent.destroy();
  return latencies.sort((a, b) => a - b);
}

const filler = randomBytes(MiB);

/** Milliseconds from the first byte sent to the end of the answer. */
function upload(url: string, size: number, agent: http.Agent): Promise<number> {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const headers = {
      'content-type': 'multipart/form-data; boundary=xx',
      'content-length': head.length + size + tail.length,
    };
    const request = http.request(`${url}/upload`, { method: 'POST', agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () =>
        answer.statusCode === 201
          ? resolve(performance.now() - began)
          : reject(new Error(`answered ${answer.statusCode}`)),
      );
    });
    request.once('error', reject);
    request.write(head);
    request.write(png);
    let left = size - png.length;
    const pump = (): void => {
      while (left > 0) {
        const chunk = left >= filler.length ? filler : filler.subarray(0, left);
        left -= chunk.length;
        if (!request.write(chunk)) {
          request.once('drain', pump);
          return;
        }
      }
      request.end(tail);
    };
    pump();
  });
}
