import type { IndexedFunction } from '../indexing';
import type { HostSettings } from '../settings/host-settings';
import { routePrefixOf } from '../settings/http-settings';
import { fullRoute, httpOptions, httpTriggerOf } from '../triggers/http/http-options';

/** One function as `/admin/functions` lists it. @param origin without a slash at its end */
export function describeFunction(fn: IndexedFunction, origin: string, settings: HostSettings): Record<string, unknown> {
  const { definition } = fn;
  const { name } = definition;
  return {
    name,
    script_root_path_href: null,
    script_href: `${origin}/admin/vfs/home/site/wwwroot/`,
    config_href: null,
    test_data_href: `${origin}/admin/vfs/home/data/Functions/sampledata/${name}.dat`,
    href: `${origin}/admin/functions/${name}`,
    invoke_url_template: invokeUrl(fn, origin, settings) ?? null,
    language: 'node',
    config: {
      name,
      entryPoint: '',
      scriptFile: '',
      language: 'node',
      functionDirectory: null,
      bindings: definition.bindings,
    },
    files: null,
    test_data: '',
    isDisabled: fn.disabled,
    isDirect: true,
    isProxy: false,
  };
}

/** Undefined for functions that HTTP does not start. */
export function invokeUrl(fn: IndexedFunction, origin: string, settings: HostSettings): string | undefined {
  const binding = httpTriggerOf(fn.definition);
  if (!binding) return undefined;
  return `${origin}/${fullRoute(routePrefixOf(settings), httpOptions(fn.definition, binding).route)}`;
}
