import type { Log } from '../../log';
import type { HostSettings } from '../../settings/host-settings';
import type { MetricSource } from '../metric-source';
import type { Parameters } from './parameters';

/** One kind of trigger. Connects to nothing before the first read. */
export interface SourcePlugin {
  /** KEDA's name. */
  readonly type: string;
  /** Every parameter that KEDA knows for it, those included that mean nothing here. */
  readonly parameters: readonly string[];
  /** @throws Error that names the parameter that is missing or cannot be used */
  create(parameters: Parameters, context: SourceContext): MetricSource;
}

export interface SourceContext {
  readonly settings: Pick<HostSettings, 'values'>;
  readonly log: Log;
}
