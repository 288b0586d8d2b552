import type { FromWorker } from '../../../../local-host/worker-protocol';
import { WorkerLog } from '../../../../local-host/worker/worker-log';

const entry = (message: string) => ({ level: 'information' as const, category: 'user' as const, message });
const executed = { functionName: 'f', invocationId: 'i', durationMs: 1 };

describe('WorkerLog', () => {
  beforeEach(() => jest.useFakeTimers());
  afterEach(() => jest.useRealTimers());

  const start = () => {
    const sent: FromWorker[] = [];
    return { sent, log: new WorkerLog((message) => sent.push(message)) };
  };

  test('sends what was written within a few milliseconds in one message', () => {
    const { sent, log } = start();
    log.write(entry('a'));
    jest.advanceTimersByTime(4);
    log.write(entry('b'));
    log.executed(executed);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(1);
    expect(sent).toEqual([
      {
        type: 'log',
        records: [expect.objectContaining({ message: 'a' }), expect.objectContaining({ message: 'b' })],
        executed: [executed],
      },
    ]);
  });

  test('sends a large batch without waiting', () => {
    const { sent, log } = start();
    for (let i = 0; i < 256; i++) log.write(entry(String(i)));
    expect(sent).toHaveLength(1);
  });

  test('flush sends at once and only once', () => {
    const { sent, log } = start();
    log.write(entry('a'));
    log.flush();
    expect(sent).toHaveLength(1);
    jest.advanceTimersByTime(100);
    expect(sent).toHaveLength(1);
  });
});
