/**
 * `npm run scale-demo`: 200 blobs in `incoming`, one to ten instances by infra/k8s/keda/blob-events-queue.yaml, and one again when all
 * are moved. Looks every 2 s instead of 30 s, or as often as the manifest says with `--as-shipped`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import '../local-host/quiet-sqlite';
import { parseScaleOptions, scaleUsage } from './scale/scale-options';
import { sparePorts } from './scale/spare-ports';
import { runScaling } from './scale/scale-run';

async function main(): Promise<number> {
  const parsed = parseScaleOptions(process.argv.slice(2), parseArgs);
  if (parsed.kind !== 'options') {
    if (parsed.kind === 'rejected') console.error(`${parsed.reason}\n`);
    (parsed.kind === 'help' ? console.log : console.error)(scaleUsage);
    return parsed.kind === 'help' ? 0 : 2;
  }
  const { blobs, maxInstances, asShipped } = parsed.options;
  const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-scale-'));
  const [blob, queue, table, port, metricsPort] = await sparePorts();
  console.log(`${blobs} blobs into incoming; 1 to ${maxInstances} instances, looked at every ${asShipped ? 30 : 2} s.`);
  let told = 0;
  try {
    const result = await runScaling({
      ...{ root: path.resolve(__dirname, '..', '..'), home, blobs, maxInstances, port, metricsPort },
      storagePorts: [blob, queue, table],
      pollingSeconds: asShipped ? 30 : 2,
      windowSeconds: asShipped ? 30 : 10,
      onLine: (line) => {
        if (/^(Scaling|Keeping|Instance) /.test(line)) console.log(`  ${line}`);
      },
      onProgress: (moved, replicas) => {
        if (moved - told < Math.max(1, blobs / 10)) return;
        told = moved;
        console.log(`  ${moved} of ${blobs} moved, ${replicas} ${replicas === 1 ? 'instance' : 'instances'}`);
      },
    });
    const seconds = (ms: number | undefined): string => (ms === undefined ? 'never' : `${(ms / 1000).toFixed(1)} s`);
    console.log(
      [
        `${result.moved} of ${blobs} blobs are in processed with their bytes; ${result.again.length} had a message that came twice.`,
        `Replicas: 1, up to ${result.mostWanted} asked for and ${result.mostReady} serving, 1 again.`,
        `More asked for after ${seconds(result.askedMs)}, the first of them served after ${seconds(result.servedMs)}; all moved after ${seconds(result.movedMs)}, back to one after ${seconds(result.backMs)}.`,
      ].join('\n'),
    );
    return result.moved === blobs && result.again.length === 0 ? 0 : 1;
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}

void main().then((code) => {
  process.exitCode = code;
});
