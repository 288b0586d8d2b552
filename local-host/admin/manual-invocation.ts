import type { IndexedFunction } from '../indexing';
import { HTTP_REASON } from '../invocation-log';
import type { HostContext, Invocation } from '../plugin';

/** What `POST /admin/functions/{name}` runs for a text: the plugin's own idea of it, else the text as trigger data. */
export async function manualInvocation(fn: IndexedFunction, input: string, context: HostContext): Promise<Invocation> {
  if (fn.plugin?.manual) return fn.plugin.manual(fn.definition, fn.trigger, input, context);
  return { reason: HTTP_REASON, input: { string: input }, triggerMetadata: { [fn.trigger.name]: { string: input } } };
}
