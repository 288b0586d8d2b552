import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { Started } from '../../domain/orchestration-call';
import type { Orchestrations, OrchestrationState } from '../../ports/orchestrations';

/** {@link Orchestrations} through the durable client of one invocation (its function needs `df.input.durableClient()`). */
export function createOrchestrations(context: InvocationContext): Orchestrations {
  const client = df.getClient(context);

  async function look(instanceId: string): Promise<OrchestrationState> {
    try {
      const status = await client.getStatus(instanceId, {
        showHistory: false,
        showHistoryOutput: false,
        showInput: false,
      });
      const live: readonly string[] = ['Running', 'Pending', 'Suspended', 'ContinuedAsNew'];
      const runtime: string = status.runtimeStatus;
      if (live.includes(runtime)) return { kind: 'running' };
      return { kind: 'ended', output: runtime === 'Completed' ? status.output : undefined };
    } catch (error) {
      if ((error as Error).message.includes('404')) return { kind: 'unknown' };
      throw error;
    }
  }

  async function underWay(instanceId: string): Promise<boolean> {
    return (await look(instanceId)).kind === 'running';
  }

  async function start(
    name: string,
    instanceId: string,
    input: unknown,
    traceparent?: string,
  ): Promise<'started' | 'running'> {
    const started: Started<unknown> = { input, ...(traceparent ? { traceparent } : {}) };
    try {
      await client.startNew(name, { instanceId, input: started });
      return 'started';
    } catch (error) {
      // Two deliveries at once: the host refuses the second start of a running id.
      if (await underWay(instanceId)) return 'running';
      throw error;
    }
  }

  return {
    look,
    start,
    isRunning: underWay,
    ensureStarted: async (name, instanceId, input, traceparent) =>
      (await underWay(instanceId)) ? 'running' : start(name, instanceId, input, traceparent),
  };
}
