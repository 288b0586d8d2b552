import type { FunctionDefinition } from '../../../../../local-host/function-definition';
import { RouteTable } from '../../../../../local-host/triggers/http/route-table';

const http = (name: string, route: string | undefined, methods: string[] = ['GET']): FunctionDefinition => ({
  name,
  functionId: name,
  bindings: [{ name: 'req', type: 'httpTrigger', direction: 'in', methods, ...(route === undefined ? {} : { route }) }],
});
const timer: FunctionDefinition = {
  name: 'tick',
  functionId: 'tick',
  bindings: [{ name: 't', type: 'timerTrigger', direction: 'in' }],
};

describe('RouteTable', () => {
  test('the function whose name comes first in the alphabet wins', () => {
    const table = new RouteTable(
      [http('zeta', 'x/main'), http('Beta', 'x/{any}'), http('alpha', 'x/{n:int}'), timer],
      'api',
    );
    expect(table.match('GET', '/api/x/main')?.route.fn.name).toBe('Beta');
    expect(table.match('GET', '/api/x/7')?.route.fn.name).toBe('alpha');
  });

  test('a method is part of the route', () => {
    const table = new RouteTable([http('a', 'x', ['POST']), http('b', 'x', ['GET']), http('c', 'y', [])], '');
    expect(table.match('GET', '/x')?.route.fn.name).toBe('b');
    expect(table.match('HEAD', '/x')).toBeUndefined();
    expect(table.match('PROPFIND', '/y')?.route.fn.name).toBe('c');
  });

  test('a function without a route has its name as route', () => {
    expect(new RouteTable([http('NoRoute', undefined)], 'api').match('GET', '/api/noroute')).toBeDefined();
  });

  test('routes that the host keeps for itself are left out', () => {
    const table = new RouteTable([http('a', 'administration/x'), http('b', 'Runtime/x'), http('c', 'v1/admin/x')], '');
    expect(table.match('GET', '/administration/x')).toBeUndefined();
    expect(table.match('GET', '/runtime/x')).toBeUndefined();
    expect(table.match('GET', '/v1/admin/x')).toBeDefined();
  });

  test('a leading slash is an error even behind a prefix', () => {
    expect(() => new RouteTable([http('a', '/x')], 'api')).toThrow(/cannot start with/);
  });

  test('tells which routes another one hides', () => {
    const table = new RouteTable([http('all', '{*rest}'), http('plain', 'plain'), http('post', 'x', ['POST'])], '');
    expect(table.hidden().map(({ hidden, by }) => [hidden.fn.name, by.fn.name])).toEqual([['plain', 'all']]);
  });
});
