import { CoreApi } from '../../../../local-host/worker/core-api';
import type { CoreFunctionMetadata } from '../../../../local-host/worker/programming-model';
import { WorkerLog } from '../../../../local-host/worker/worker-log';

interface CoreModule {
  version: string;
  hostVersion: string;
  registerFunction(metadata: CoreFunctionMetadata, callback: () => void): { dispose(): void };
  setProgrammingModel(model: unknown): void;
  getProgrammingModel(): unknown;
}

function core(): { api: CoreApi; module: CoreModule } {
  const api = new CoreApi(new WorkerLog(() => undefined), '4.1');
  return { api, module: api.module as CoreModule };
}

const tick: CoreFunctionMetadata = {
  name: 'tick',
  bindings: { t1: { type: 'timerTrigger', direction: 'in', schedule: '0 * * * * *', odd: () => 1 } },
  retryOptions: {
    maxRetryCount: 3,
    retryStrategy: 'exponentialBackoff',
    minimumInterval: { seconds: 2 },
    maximumInterval: { seconds: 60 },
  },
};

describe('CoreApi', () => {
  test('turns metadata into plain data that crosses to the host', () => {
    const { api, module } = core();
    module.registerFunction(tick, () => undefined);
    expect(api.functions.map((fn) => fn.definition)).toEqual([
      {
        name: 'tick',
        functionId: 'tick',
        bindings: [{ name: 't1', type: 'timerTrigger', direction: 'in', schedule: '0 * * * * *' }],
        retry: {
          maxRetryCount: 3,
          retryStrategy: 'exponentialBackoff',
          minimumIntervalMs: 2000,
          maximumIntervalMs: 60000,
        },
      },
    ]);
  });

  test('a name registers once, until it is disposed of', () => {
    const { module } = core();
    const registration = module.registerFunction(tick, () => undefined);
    expect(() => module.registerFunction(tick, () => undefined)).toThrow(
      'A function with id "tick" has already been registered.',
    );
    registration.dispose();
    expect(() => module.registerFunction(tick, () => undefined)).not.toThrow();
  });

  test('takes nothing more once sealed', () => {
    const { api, module } = core();
    api.seal();
    expect(() => module.registerFunction(tick, () => undefined)).toThrow(
      'A function can only be registered during app startup.',
    );
    expect(() => module.setProgrammingModel({})).toThrow(/only allowed during app startup/);
  });

  test('says which host and worker this is', () => {
    expect(core().module).toMatchObject({ hostVersion: '4.1', version: expect.stringMatching(/^\d+\.\d+\.\d+$/) });
  });
});
