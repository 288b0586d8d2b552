import type { IndexedFunction } from '../indexing';
import type { HostContext, Invocation } from '../plugin';
import type { RpcData } from '../rpc-data';

export const MANUAL_REASON = 'This function was programmatically called via the host APIs.';

/** What `POST /admin/functions/{name}` runs for a text: the plugin's own idea of it, else the text as trigger data. */
export async function manualInvocation(fn: IndexedFunction, input: string, context: HostContext): Promise<Invocation> {
  if (fn.plugin?.manual) return fn.plugin.manual(fn.definition, fn.trigger, input, context);
  switch (fn.trigger.type.toLowerCase()) {
    case 'httptrigger':
      return { reason: MANUAL_REASON, input: httpRequest(fn, input, context), triggerMetadata: {} };
    default:
      return {
        reason: MANUAL_REASON,
        input: { string: input },
        triggerMetadata: { [fn.trigger.name]: { string: input } },
      };
  }
}

function httpRequest(fn: IndexedFunction, input: string, { settings }: HostContext): RpcData {
  const url = `http://localhost:${settings.port}/admin/functions/${fn.definition.name}`;
  return {
    http: {
      method: 'POST',
      url,
      nullableHeaders: {},
      nullableQuery: {},
      nullableParams: {},
      body: { bytes: Buffer.from(input, 'utf8') },
    },
  };
}
