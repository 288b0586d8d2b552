import type { Pipeline } from '../domain/dead-letter';
import type { Clock } from '../ports/clock';
import type { Probe } from '../ports/probe';
import { messageOf } from '../telemetry/logger';

export type Readiness =
  { readonly ready: true } | { readonly ready: false; readonly backend: string; readonly reason: string };

/** How long one probe may take, and how long its answer counts (C6). */
const PROBE_LIMIT_MS = 2_000;
const CACHED_MS = 10_000;

/** Whether the backends of the given pipeline, or of all, answer. Asking often costs nothing: answers are kept for 10 s. */
export function createReadiness(
  probes: ReadonlyMap<Pipeline, readonly Probe[]>,
  clock: Clock,
): (pipeline?: Pipeline) => Promise<Readiness> {
  const answers = new Map<Probe, { readonly at: number; readonly answer: Promise<string | undefined> }>();

  /** Why the backend is not ready; undefined when it is. */
  function ask(probe: Probe): Promise<string | undefined> {
    const known = answers.get(probe);
    if (known && clock.now() - known.at < CACHED_MS) return known.answer;
    const answer = probe.check(AbortSignal.timeout(PROBE_LIMIT_MS)).then(
      () => undefined,
      (error: unknown) => messageOf(error) || 'no answer within 2 s',
    );
    answers.set(probe, { at: clock.now(), answer });
    return answer;
  }

  return async (pipeline) => {
    const asked = pipeline === undefined ? [...new Set([...probes.values()].flat())] : (probes.get(pipeline) ?? []);
    for (const probe of asked) {
      const reason = await ask(probe);
      if (reason !== undefined) return { ready: false, backend: probe.name, reason };
    }
    return { ready: true };
  };
}
