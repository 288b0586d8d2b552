import type { IndexedFunction } from '../../../local-host/indexing';
import type { HostExtension, Listener } from '../../../local-host/plugin';
import { TriggerSet } from '../../../local-host/trigger-set';
import type { LogRecord } from '../../../local-host/worker-protocol';
import { hostContext } from './host-context';

function setUp(start?: (name: string) => Promise<Listener> | Listener) {
  const order: string[] = [];
  const records: LogRecord[] = [];
  const extension: HostExtension = {
    triggers: [],
    bindings: [],
    prepare: async () => void order.push('prepare'),
    start: async () => void order.push('start'),
    stop: async () => void order.push('stop'),
  };
  function listener(name: string): Listener {
    order.push(`listen ${name}`);
    return { stop: async () => void order.push(`unlisten ${name}`) };
  }
  const trigger = { name: 'in1', type: 'testTrigger', direction: 'in' } as const;
  const functions = ['a', 'b'].map((name): IndexedFunction => ({
    definition: { name, functionId: name, bindings: [trigger] },
    disabled: false,
    trigger,
    plugin: { type: 'testtrigger', start: async (fn) => (start ?? listener)(fn.name) },
  }));
  return { set: new TriggerSet([extension], hostContext({}, records)), functions, order, records, listener };
}

describe('TriggerSet', () => {
  test('starts extensions before listeners and stops them after', async () => {
    const { set, functions, order } = setUp();
    await set.prepare();
    await set.start(functions);
    await set.stop();
    await set.stop();
    expect(order).toEqual(['prepare', 'start', 'listen a', 'listen b', 'unlisten a', 'unlisten b', 'stop']);
  });

  test('a listener that cannot start leaves the others running', async () => {
    const made = setUp((name) => (name === 'a' ? Promise.reject(new Error('no storage')) : made.listener(name)));
    await made.set.prepare();
    await made.set.start(made.functions);
    expect(made.order).toEqual(['prepare', 'start', 'listen b']);
    expect(made.records.map((record) => record.message)).toEqual([
      "The listener for function 'Functions.a' was unable to start. no storage",
    ]);
  });

  test('what starts while everything stops is stopped too', async () => {
    const made = setUp(async (name) => {
      await made.set.stop();
      return made.listener(name);
    });
    await made.set.prepare();
    await made.set.start(made.functions);
    expect(made.order).toEqual(['prepare', 'start', 'stop', 'listen a', 'unlisten a']);
  });

  test('one that fails to stop does not keep the others running', async () => {
    const made = setUp((name) => ({
      stop: async () => {
        if (name === 'a') throw new Error('stuck');
        made.order.push(`unlisten ${name}`);
      },
    }));
    await made.set.prepare();
    await made.set.start(made.functions);
    await made.set.stop();
    expect(made.order).toEqual(['prepare', 'start', 'unlisten b', 'stop']);
    expect(made.records.map((record) => record.message)).toEqual(['A trigger failed to stop: stuck']);
  });
});
