export interface StepFailure {
  /** One line: the step's name and the cause. */
  readonly error: string;
  readonly stack?: string;
}

const PREFIX = /^(?:Activity|Orchestrator|The sub-orchestrator) function '([^']*)' failed:\s*/;
/** What the Functions host puts before and after the message of an exception in a worker. */
const WORKER_TEXT = /^Result: (?:Failure)?\s*Exception: ([^\r\n]*)\r?\n(?:Stack: ?)?/;

/**
 * What an orchestration caught, told apart: the cause, and the stack that hosts hang on it, each in a way of its own (the local
 * host: cause, then stack; the Functions host: `Result: … Exception: … Stack: …`, then the exception as JSON).
 */
export function stepFailure(caught: unknown): StepFailure {
  const { message, stack: own } = caught instanceof Error ? caught : new Error(String(caught));
  const step = PREFIX.exec(message);
  const text = message.slice(step?.[0].length ?? 0).trim();
  const worker = WORKER_TEXT.exec(text);
  const [first = '', ...rest] = text.split('\n');
  const cause = (worker?.[1] ?? first).trim();
  const below = (worker ? text.slice(worker[0].length) : rest.join('\n')).trim();
  const stack = /^\s*at /m.test(below)
    ? below
    : [below, own].filter((part) => part !== '' && part !== undefined).join('\n');
  return {
    error: step ? `${step[1]} failed: ${cause}` : cause,
    ...(stack === '' ? {} : { stack }),
  };
}
