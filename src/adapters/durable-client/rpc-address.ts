import type { InvocationContext } from '@azure/functions';

/** Where this host's library client calls, too. */
export function rpcAddress(context: InvocationContext): string | undefined {
  const binding = context.options.extraInputs.find(({ type }) => type === 'durableClient');
  const data = binding && (context.extraInputs.get(binding) as { readonly rpcBaseUrl?: unknown } | undefined);
  return typeof data?.rpcBaseUrl === 'string' ? data.rpcBaseUrl : undefined;
}
