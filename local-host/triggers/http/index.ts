import { HTTP_REASON } from '../../invocation-log';
import { HostStartError, FunctionIndexingError } from '../../plugin';
import type { TriggerPlugin } from '../../plugin';
import { resolveSettings } from '../../settings/host-settings';
import { fullRoute, httpOptions, isReservedRoute } from './http-options';
import { rpcHttpRequest } from './http-request';
import { RouteError } from './route-error';
import { parseRouteTemplate } from './route-template';

/** HTTP functions are served by the worker; the host only checks their routes. */
export const httpTrigger: TriggerPlugin = {
  type: 'httptrigger',
  check(fn, binding, context) {
    const { route } = httpOptions(fn, binding);
    if (isReservedRoute(route))
      throw new FunctionIndexingError(
        `The specified route conflicts with one or more built in routes. Routes that begin with 'admin' or 'runtime' belong to the host and answer 404; put another word before it, for example 'v1/${route}'.`,
      );
    try {
      parseRouteTemplate(resolveSettings(context.settings, route));
      parseRouteTemplate(
        fullRoute(
          context.settings.hostJson.extensions?.http?.routePrefix ?? 'api',
          resolveSettings(context.settings, route),
        ),
      );
    } catch (error) {
      if (error instanceof RouteError) throw new HostStartError(`${error.message} (Parameter 'routeTemplate')`);
      throw error;
    }
  },
  manual(fn, _binding, input, { settings }) {
    const url = `http://localhost:${settings.port}/admin/functions/${fn.name}`;
    const head = { method: 'POST', path: '/', rawQuery: '', query: new Map<string, string[]>(), headers: {} };
    return {
      reason: HTTP_REASON,
      input: { http: rpcHttpRequest(head, url, {}, Buffer.from(input, 'utf8')) },
      triggerMetadata: {},
    };
  },
};
