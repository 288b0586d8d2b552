import type { InvocationContext } from '@azure/functions';
import * as df from 'durable-functions';
import type { Started } from '../../domain/orchestration-call';
import type { Orchestrations, OrchestrationState } from '../../ports/orchestrations';
import { rpcAddress } from './rpc-address';
import { startAndWait } from './start-and-wait';

/** {@link Orchestrations} through the durable client of one invocation (its function needs `df.input.durableClient()`). */
export function createOrchestrations(context: InvocationContext): Orchestrations {
  let made: df.DurableClient | undefined;
  /** Made when first used: the library copies and checks all its addresses. */
  const client = (): df.DurableClient => (made ??= df.getClient(context));

  async function look(instanceId: string): Promise<OrchestrationState> {
    try {
      const status = await client().getStatus(instanceId, {
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
      await client().startNew(name, { instanceId, input: started });
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
    async run(name, instanceId, input, { traceparent, waitMs, signal }) {
      const rpc = rpcAddress(context);
      if (rpc === undefined) {
        await start(name, instanceId, input, traceparent);
        return { kind: 'running' };
      }
      const started: Started<unknown> = { input, ...(traceparent ? { traceparent } : {}) };
      const answer = await startAndWait({ rpc, name, instanceId, input: started, waitMs, signal });
      if (answer.kind === 'under-way') return { kind: 'running' };
      if (answer.kind === 'ended') return answer;
      // Two deliveries at once: the host refuses the second start of a running id.
      if (await underWay(instanceId)) return { kind: 'running' };
      throw new Error(`The host did not start ${name} ${instanceId}: ${answer.reason}`);
    },
    isRunning: underWay,
    ensureStarted: async (name, instanceId, input, traceparent) =>
      (await underWay(instanceId)) ? 'running' : start(name, instanceId, input, traceparent),
  };
}
