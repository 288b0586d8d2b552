/** Asks the installed library for one turn, without a host: the same code that runs inside the worker. */
import { createRequire } from 'node:module';
import type { HistoryEvent } from '../../../../../local-host/durable/engine/history-event';
import { markRepeatedTasks } from '../../../../../local-host/durable/wire/repeated-tasks';
import { OrchestratorInput } from '../../../../../local-host/durable/wire/orchestrator-input';
import { readOrchestratorOutcome, type TurnReport } from '../../../../../local-host/durable/wire/orchestrator-outcome';

/** Not part of the library's declared interface, but what its registered functions are made of. */
const { Orchestrator } = createRequire(__filename)('durable-functions/lib/src/orchestrations/Orchestrator') as {
  Orchestrator: new (program: unknown) => { listen(): unknown };
};

export type Program = (context: never) => Generator<unknown, unknown, never>;

export async function libraryTurn(
  program: Program,
  history: readonly HistoryEvent[],
  played: number,
): Promise<TurnReport> {
  const json = new OrchestratorInput({ instanceId: 'i', executionId: 'x' }, undefined).json(history, played, 'null');
  const run = new Orchestrator(program).listen() as (trigger: unknown, context: unknown) => Promise<unknown>;
  try {
    const state = await run(JSON.parse(json), {});
    markRepeatedTasks(state);
    return readOrchestratorOutcome({ invocationId: '', durationMs: 0, returnValue: { json: JSON.stringify(state) } })!;
  } catch (error) {
    return readOrchestratorOutcome({ invocationId: '', durationMs: 0, error: { message: (error as Error).message } })!;
  }
}
