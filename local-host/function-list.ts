import type { IndexedFunction } from './indexing';
import type { HostSettings } from './settings/host-settings';
import { invokeUrl } from './admin/function-listing';
import { httpOptions, httpTriggerOf } from './triggers/http/http-options';

/**
 * The block `Functions:` that Core Tools prints: HTTP functions with methods and address first, then the others with the
 * type of their trigger.
 */
export function functionList(functions: readonly IndexedFunction[], settings: HostSettings): string {
  const origin = `http://localhost:${settings.port}`;
  const shown = functions.filter((fn) => fn.error === undefined && !fn.disabled);
  const http = shown.flatMap((fn) => {
    const binding = httpTriggerOf(fn.definition);
    if (!binding) return [];
    return [
      `\t- ${fn.definition.name}: [${httpOptions(fn.definition, binding).methods.join(',')}] ${invokeUrl(fn, origin, settings) ?? ''}`,
    ];
  });
  const others = shown
    .filter((fn) => !httpTriggerOf(fn.definition))
    .map((fn) => `\t- ${fn.definition.name}: ${fn.trigger.type}`);
  return `\nFunctions:\n\n${[...http, ...others].join('\n\n')}\n\n`;
}
