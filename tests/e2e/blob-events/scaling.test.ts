/**
 * The plan of source 000, section 7: blobs in `incoming`, a message for each, processors started by the manifest that a cluster would
 * be given, each blob moved once, processors back to one. The real scaler, real processes, real storage, each real broker; `npm run
 * soak -- blob-events/scaling` does it with ten processors.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import '../../../local-host/quiet-sqlite';
import { runScaling } from '../../../scripts/scale/scale-run';
import { projectRoot } from '../../drivers/app-under-test';
import { freePorts } from '../../drivers/free-ports';
import { hasRabbit, startRabbit } from '../../drivers/rabbitmq-under-test';
import { isSoak } from '../../drivers/scale';

const MOST = isSoak ? 10 : 3;

/** Work for several looks of the scaler, one a second: RabbitMQ lets one processor alone move some forty a second. */
const brokers: readonly (readonly [blobs: number, on: string])[] = [
  [isSoak ? 200 : 80, 'the storage queue'],
  ...(hasRabbit ? ([[isSoak ? 600 : 160, 'RabbitMQ']] as const) : []),
];

test.each(brokers)(
  `%d blobs on %s call up ${MOST} processors, are moved once each, and leave one`,
  async (blobs, on) => {
    const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-scaling-'));
    const [blob = 0, queue = 0, table = 0, port = 0, metricsPort = 0] = await freePorts(5);
    const lines: string[] = [];
    const rabbit = on === 'RabbitMQ' ? await startRabbit({ management: true }) : undefined;
    try {
      const result = await runScaling({
        ...{ root: projectRoot, home, port, metricsPort, blobs, maxInstances: MOST },
        ...{ storagePorts: [blob, queue, table], pollingSeconds: 1, windowSeconds: isSoak ? 10 : 2 },
        ...(rabbit ? { rabbit } : {}),
        onLine: (line) => lines.push(line),
      });
      expect(result).toMatchObject({ moved: blobs, mostWanted: MOST });
      // Up by the length of the queue, and down when it is empty: as few steps as the manifest allows.
      expect(result.decisions[0]).toMatch(
        /^Scaling blob-events from 1 to \d+ replicas: \d+ (ready )?messages in queue 'blob[-.]events'/,
      );
      expect(result.decisions.at(-1)).toMatch(/ to 1 replica: /);
      // A message that came twice, since a busy machine let its lease run out, would be told of here, and moves nothing again.
      if (isSoak) expect(result).toMatchObject({ again: [], mostReady: MOST });
      console.info(JSON.stringify({ ...result, decisions: result.decisions.length }));
    } catch (error) {
      console.error(lines.slice(-100).join('\n'));
      throw error;
    } finally {
      await rabbit?.stop();
      rmSync(home, { recursive: true, force: true });
    }
  },
  300_000,
);
