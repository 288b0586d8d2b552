import type { FunctionDefinition } from '../../function-definition';
import { fullRoute, httpOptions, httpTriggerOf, isReservedRoute } from './http-options';
import type { AuthLevel } from './http-options';
import { parseRouteTemplate } from './route-template';
import type { RouteTemplate, RouteValues } from './route-template';

export interface Route {
  readonly fn: FunctionDefinition;
  readonly template: RouteTemplate;
  /** Upper case; empty for every method. */
  readonly methods: readonly string[];
  readonly authLevel: AuthLevel;
}

export interface RouteMatch {
  readonly route: Route;
  readonly values: RouteValues;
}

/** One route that never, or not always, runs because another function's comes first. */
export interface HiddenRoute {
  readonly hidden: Route;
  readonly by: Route;
}

/**
 * The routes of an app in the order in which the real host tries them: by function name, ignoring case. Neither how
 * specific a route is nor the order of registration counts.
 */
export class RouteTable {
  readonly routes: readonly Route[];

  /** @throws RouteError for a template that is not valid */
  constructor(functions: readonly FunctionDefinition[], routePrefix: string) {
    const routes: Route[] = [];
    for (const fn of functions) {
      const binding = httpTriggerOf(fn);
      if (!binding) continue;
      const { route, methods, authLevel } = httpOptions(fn, binding);
      if (isReservedRoute(route)) continue;
      // The leading slash is an error of the route itself, whatever the prefix.
      if (/^[/~]/.test(route)) parseRouteTemplate(route);
      routes.push({ fn, template: parseRouteTemplate(fullRoute(routePrefix, route)), methods, authLevel });
    }
    this.routes = routes.sort((a, b) => compareIgnoringCase(a.fn.name, b.fn.name));
  }

  /** @param path decoded, with its leading slash */
  match(method: string, path: string): RouteMatch | undefined {
    for (const route of this.routes) {
      if (route.methods.length > 0 && !route.methods.includes(method)) continue;
      const values = route.template.match(path);
      if (values) return { route, values };
    }
    return undefined;
  }

  /** Routes that another function's route, earlier in the alphabet, takes requests from. */
  hidden(): HiddenRoute[] {
    return this.routes.flatMap((route, index) => {
      const by = this.routes
        .slice(0, index)
        .find((earlier) => shareMethod(earlier, route) && earlier.template.match(route.template.sample) !== undefined);
      return by ? [{ hidden: route, by }] : [];
    });
  }
}

function shareMethod(a: Route, b: Route): boolean {
  return a.methods.length === 0 || b.methods.length === 0 || a.methods.some((method) => b.methods.includes(method));
}

export function compareIgnoringCase(a: string, b: string): number {
  const [x, y] = [a.toLowerCase(), b.toLowerCase()];
  return x < y ? -1 : x > y ? 1 : 0;
}
