/**
 * Tells tasks that are the same from tasks that only look the same. The library names a task again in every `Task.any` and
 * `Task.all` that it is part of; in memory that is one object, in the JSON it is a copy like any other. So the worker marks
 * repeats before the state becomes JSON.
 */

/** Set on the copy of an action; the value is the place of the first among all actions that are not compounds. */
export const REPEATS = 'localHostRepeats';
/** Set on a state whose repeats are marked. */
export const MARKED = 'localHostMarked';

interface Action {
  readonly compoundActions?: unknown[];
}

/** Marks the result of an orchestrator function; leaves any other result alone. */
export function markRepeatedTasks(result: unknown): void {
  const state = result as { actions?: unknown; schemaVersion?: unknown; [MARKED]?: boolean } | null | undefined;
  if (typeof state !== 'object' || state === null || !Array.isArray(state.actions) || state.schemaVersion === undefined)
    return;
  const seen = new Map<unknown, number>();
  let place = 0;
  const walk = (actions: unknown[]): void =>
    actions.forEach((action, i) => {
      const { compoundActions } = action as Action;
      if (Array.isArray(compoundActions)) return void walk(compoundActions);
      const first = seen.get(action);
      if (first === undefined) seen.set(action, place);
      else actions[i] = { ...(action as object), [REPEATS]: first };
      place++;
    });
  for (const list of state.actions) if (Array.isArray(list)) walk(list);
  state[MARKED] = true;
}
