import { availableParallelism } from 'node:os';
import type { HostSettings } from '../settings/host-settings';

/** `extensions.durableTask` of host.json, as far as this host follows it. */
export interface DurableSettings {
  /** Letters and digits. @default TestHubName, as the extension's outside of Azure. */
  readonly hubName: string;
  /** Activities that run at once in this process. @default 10 × processors */
  readonly maxConcurrentActivities: number;
  /** Orchestrator and entity functions that run at once in this process. @default 10 × processors */
  readonly maxConcurrentOrchestrators: number;
  /** Operations that one call of an entity function gets. @default 5000 */
  readonly maxEntityBatch: number;
  /** Between two polls of an HTTP call whose answer names no time. @default 30,000 ms */
  readonly pollDelayMs: number;
}

/** Reads the settings; wrong values count as absent, as the real host would fail on them and name them. */
export function durableSettings(settings: Pick<HostSettings, 'hostJson' | 'values'>): DurableSettings {
  const json = settings.hostJson.extensions?.durableTask ?? {};
  const http = json['httpSettings'] as { defaultAsyncRequestSleepTimeMilliseconds?: unknown } | undefined;
  const perProcessor = 10 * availableParallelism();
  return {
    hubName: hubName(json['hubName'], settings.values),
    maxConcurrentActivities: positive(json['maxConcurrentActivityFunctions'], perProcessor),
    maxConcurrentOrchestrators: positive(json['maxConcurrentOrchestratorFunctions'], perProcessor),
    maxEntityBatch: positive(json['maxEntityOperationBatchSize'], 5000),
    pollDelayMs: positive(http?.defaultAsyncRequestSleepTimeMilliseconds, 30_000),
  };
}

/** `%NAME%` stands for an app setting. */
function hubName(value: unknown, values: Readonly<Record<string, string>>): string {
  if (typeof value !== 'string' || value === '') return 'TestHubName';
  return value.replace(/%([^%]+)%/g, (whole, name: string) => values[name] ?? whole);
}

function positive(value: unknown, otherwise: number): number {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : otherwise;
}
