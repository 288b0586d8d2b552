import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { Started } from '../../domain/orchestration-call';
import type { Orchestrations } from '../../ports/orchestrations';

/** {@link Orchestrations} through the durable client of one invocation (its function needs `df.input.durableClient()`). */
export function createOrchestrations(context: InvocationContext): Orchestrations {
  const client = df.getClient(context);

  async function underWay(instanceId: string): Promise<boolean> {
    try {
      const status = await client.getStatus(instanceId, {
        showHistory: false,
        showHistoryOutput: false,
        showInput: false,
      });
      const live: readonly string[] = ['Running', 'Pending', 'Suspended', 'ContinuedAsNew'];
      return live.includes(status.runtimeStatus);
    } catch (error) {
      if ((error as Error).message.includes('404')) return false;
      throw error;
    }
  }

  return {
    isRunning: underWay,
    async ensureStarted(name, instanceId, input, traceparent) {
      if (await underWay(instanceId)) return 'running';
      const started: Started<unknown> = { input, ...(traceparent ? { traceparent } : {}) };
      try {
        await client.startNew(name, { instanceId, input: started });
        return 'started';
      } catch (error) {
        // Two deliveries at once: the host refuses the second start of a running id.
        if (await underWay(instanceId)) return 'running';
        throw error;
      }
    },
  };
}
