import type { FromWorker } from '../../../../local-host/worker-protocol';
import { WorkerLog } from '../../../../local-host/worker/worker-log';

const entry = (message: string) => ({ level: 'information' as const, category: 'user' as const, message });

describe('WorkerLog', () => {
  test('sends what one turn of the event loop wrote in one message', async () => {
    const sent: FromWorker[] = [];
    const log = new WorkerLog((message) => sent.push(message));
    log.write(entry('a'));
    log.write(entry('b'));
    expect(sent).toEqual([]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toEqual([
      { type: 'log', records: [expect.objectContaining({ message: 'a' }), expect.objectContaining({ message: 'b' })] },
    ]);
  });

  test('flush sends at once and only once', async () => {
    const sent: FromWorker[] = [];
    const log = new WorkerLog((message) => sent.push(message));
    log.write(entry('a'));
    log.flush();
    expect(sent).toHaveLength(1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(sent).toHaveLength(1);
  });
});
