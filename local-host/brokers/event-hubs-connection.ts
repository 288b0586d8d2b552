/**
 * From a binding's `connection` and `eventHubName` to an event hub: a connection string, or a section with
 * `fullyQualifiedNamespace` for identity-based access; the name prefixed with `AzureWebJobs` first, then the plain name.
 */
import type { TokenCredential } from '@azure/identity';
import type { BindingDefinition } from '../function-definition';
import { FunctionIndexingError, type HostContext } from '../plugin';
import { credentialOf, part } from '../storage/connection';
import { bindingText, connectionSetting, requiredText } from './app-setting';

const PREFIX = 'AzureWebJobs';

export type EventHub = {
  readonly eventHubName: string;
} & (
  | { readonly connectionString: string }
  | { readonly fullyQualifiedNamespace: string; readonly credential: () => TokenCredential }
);

/** @throws FunctionIndexingError that names the setting that is missing */
export function eventHub(binding: BindingDefinition, context: HostContext): EventHub {
  const { settings } = context;
  const name = requiredText(settings, binding, 'connection');
  const prefixed = name.toLowerCase().startsWith(PREFIX.toLowerCase()) ? name : PREFIX + name;
  for (const candidate of [prefixed, name]) {
    const connectionString = connectionSetting(settings, candidate);
    if (connectionString !== undefined)
      return { connectionString, eventHubName: hubName(binding, context, connectionString) };
    const fullyQualifiedNamespace = part(settings, candidate, 'fullyQualifiedNamespace');
    if (fullyQualifiedNamespace !== undefined && fullyQualifiedNamespace !== '')
      return {
        fullyQualifiedNamespace,
        credential: () => credentialOf(settings, candidate),
        eventHubName: hubName(binding, context, ''),
      };
  }
  const shown = /endpoint=/i.test(name) ? '(a connection string, where the name of a setting belongs)' : `'${name}'`;
  throw new FunctionIndexingError(
    `Event Hubs connection ${shown} does not exist in the settings. Set it to a connection string, or ${/endpoint=/i.test(name) ? 'NAME' : name}__fullyQualifiedNamespace to NAMESPACE.servicebus.windows.net for identity-based access.`,
  );
}

/** The connection string's `EntityPath` wins, as in the real extension. */
function hubName(binding: BindingDefinition, context: HostContext, connectionString: string): string {
  const [, entity] = /(?:^|;)\s*EntityPath=([^;]+)/i.exec(connectionString) ?? [];
  const named = entity ?? bindingText(context.settings, binding, 'eventHubName');
  if (named === undefined)
    throw new FunctionIndexingError(`Event Hubs binding '${binding.name}' has no 'eventHubName'.`);
  return named;
}
