import type { Report } from '../engine/decide';
import type { RpcData } from '../../rpc-data';
import type { InvocationOutcome } from '../../worker-protocol';
import { commandsOf } from './actions';
import { MARKED } from './repeated-tasks';

/** The library puts its state behind this label when an orchestrator fails (`OrchestrationFailureError`). */
const LABEL = '\n\n$OutOfProcData$:';

interface OrchestratorState {
  readonly isDone: boolean;
  readonly actions: readonly (readonly unknown[])[];
  readonly output?: unknown;
  readonly error?: string;
  readonly customStatus?: unknown;
  readonly [MARKED]?: boolean;
}

export interface TurnReport {
  readonly report: Report;
  /** JSON text; undefined when the code set none that the library passes on. */
  readonly customStatus?: string;
}

/** What an orchestrator function answered to one turn, or undefined when it failed before the library could say anything. */
export function readOrchestratorOutcome(outcome: InvocationOutcome): TurnReport | undefined {
  const state = stateOf(outcome);
  if (!state) return undefined;
  const report = {
    commands: commandsOf(state.actions[0] ?? []),
    done: state.isDone,
    ...(state[MARKED] ? { marksRepeats: true as const } : {}),
    ...(state.output === undefined ? {} : { output: JSON.stringify(state.output) }),
    ...(outcome.error ? { error: state.error ?? '' } : {}),
  };
  return { report, ...(state.customStatus === undefined ? {} : { customStatus: JSON.stringify(state.customStatus) }) };
}

function stateOf(outcome: InvocationOutcome): OrchestratorState | undefined {
  if (!outcome.error) return jsonOf(outcome.returnValue) as OrchestratorState | undefined;
  const at = outcome.error.message.indexOf(LABEL);
  return at < 0 ? undefined : (JSON.parse(outcome.error.message.slice(at + LABEL.length)) as OrchestratorState);
}

/** The value of returned data that holds JSON. */
export function jsonOf(data: RpcData | undefined | null): unknown {
  if (!data) return undefined;
  if ('json' in data && typeof data.json === 'string') return JSON.parse(data.json);
  if ('string' in data && typeof data.string === 'string') return JSON.parse(data.string);
  return undefined;
}
