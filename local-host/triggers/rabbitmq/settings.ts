import type { BindingDefinition } from '../../function-definition';
import type { HostContext } from '../../plugin';
import { FunctionIndexingError } from '../../plugin';
import { ExtensionSettings, wholeNumber } from '../../brokers/extension-settings';

/** As the extension's own; the field is 16 bits wide, 0 for no limit. */
const DEFAULT_PREFETCH = 30;
const MOST = 65_535;

/** How many messages the broker hands out ahead: the binding's `prefetchCount`, else `extensions.rabbitMQ`, else 30. */
export function prefetchCount(binding: BindingDefinition, context: HostContext): number {
  const shared = ExtensionSettings.of(context.settings, 'rabbitMQ').whole('prefetchCount', 0, MOST);
  const given = binding['prefetchCount'];
  if (given === undefined || given === null) return shared ?? DEFAULT_PREFETCH;
  const own = wholeNumber(given);
  if (own !== undefined && own >= 0 && own <= MOST) return own;
  throw new FunctionIndexingError(
    `'prefetchCount' of binding '${binding.name}' is ${JSON.stringify(given)}; it must be a whole number, 0 to ${MOST}.`,
  );
}
