/** Holds what became of a workload to what has to become of it (O2, O3). Knows nothing of how the app does it. */
import type { DownstreamCall } from '../../../scripts/orders/mock-downstream';
import type { Workload } from './workload';

export interface Outcome {
  /** Every call that the downstream got, in order. */
  readonly calls: readonly DownstreamCall[];
  readonly letters: readonly { readonly code: string; readonly message: string }[];
  /** Events that are still parked. */
  readonly parked: number;
  /** Events that nobody has settled. */
  readonly backlog: number;
  readonly disruptions: readonly Disruption[];
}

/** A crash, or the beginning of a pause. */
export interface Disruption {
  /** Path under which the process called. */
  readonly path: string;
  /** Calls of all processes that had been made before. */
  readonly afterCalls: number;
}

export interface VerdictOptions {
  /** Whether events without a sequence keep the order in which they were sent. */
  readonly keepsArrival: boolean;
  /** Events that one process may work on at once: so many may be delivered, but not noted, when it dies. */
  readonly inHand: number;
}

/** What is wrong; nothing when every event had its one effect. */
export function faultsOf(workload: Workload, outcome: Outcome, options: VerdictOptions): string[] {
  return [
    ...effectFaults(workload, outcome),
    ...orderFaults(workload, outcome, options),
    ...letterFaults(workload, outcome),
    ...repeatFaults(outcome, options),
    ...(outcome.parked > 0 ? [`${outcome.parked} events are still parked`] : []),
    ...(outcome.backlog > 0 ? [`${outcome.backlog} events are still to do`] : []),
  ];
}

function effectsOf({ calls }: Outcome): string[] {
  return calls.filter(({ outcome }) => outcome === 'taken' || outcome === 'lost').map(({ text }) => text);
}

function effectFaults({ orders }: Workload, outcome: Outcome): string[] {
  const wanted = new Set(orders.flatMap(({ texts }) => texts));
  const counts = new Map<string, number>();
  for (const text of effectsOf(outcome)) counts.set(text, (counts.get(text) ?? 0) + 1);
  const missing = [...wanted].filter((text) => !counts.has(text));
  const foreign = [...counts].filter(([text]) => !wanted.has(text));
  const twice = [...counts].filter(([, count]) => count > 1);
  return [
    ...missing.map((text) => `no effect of ${text}`),
    ...foreign.map(([text]) => `an effect of what is no order: ${text}`),
    ...twice.map(([text, count]) => `${count} effects of ${text}`),
  ];
}

function orderFaults({ orders }: Workload, outcome: Outcome, { keepsArrival }: VerdictOptions): string[] {
  const places = new Map(effectsOf(outcome).map((text, at) => [text, at]));
  return orders
    .filter(({ sequenced }) => sequenced || keepsArrival)
    .flatMap(({ texts }) =>
      texts.flatMap((text, i) => {
        const before = texts[i - 1];
        if (before === undefined || (places.get(before) ?? -1) < (places.get(text) ?? Infinity)) return [];
        return [`out of order: ${text} took effect before ${before}`];
      }),
    );
}

function letterFaults({ poison }: Workload, { letters }: Outcome): string[] {
  const found = new Map<string, string[]>();
  for (const { code, message } of letters) found.set(message, [...(found.get(message) ?? []), code]);
  const wrong = [...poison]
    .filter(([text, code]) => found.get(text)?.join() !== code)
    .map(([text, code]) => `dead letters of ${text} are [${found.get(text)?.join() ?? ''}], not one ${code}`);
  const foreign = letters
    .filter(({ message }) => !poison.has(message))
    .map(({ code, message }) => `a dead letter ${code} of what is an order: ${message}`);
  return [...wrong, ...foreign];
}

/**
 * A call for what was taken before is due only to an answer that was lost, or to a process that died or stood still between a
 * delivery and its note, or between its claim and its delivery: what it had in hand then.
 */
function repeatFaults({ calls, disruptions }: Outcome, { inHand }: VerdictOptions): string[] {
  const excused = new Set<DownstreamCall>();
  for (const { path, afterCalls } of disruptions) {
    const before = calls.slice(0, afterCalls).filter((call) => call.path === path);
    const after = calls.slice(afterCalls).filter((call) => call.path === path);
    for (const call of [...before.slice(-inHand), ...after.slice(0, inHand)]) excused.add(call);
  }
  const last = new Map<string, DownstreamCall>();
  const faults: string[] = [];
  for (const call of calls) {
    if (call.outcome === 'failed' || call.outcome === 'refused') continue;
    const before = last.get(call.key);
    last.set(call.key, call);
    if (call.outcome !== 'repeated' || before?.outcome === 'lost') continue;
    if ((before && excused.has(before)) || excused.has(call)) continue;
    faults.push(`delivered again by ${call.path} without need, after ${before?.path ?? 'nobody'}: ${call.text}`);
  }
  return faults;
}
