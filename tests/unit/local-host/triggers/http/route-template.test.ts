import fc from 'fast-check';
import { parseRouteTemplate } from '../../../../../local-host/triggers/http/route-template';

const match = (template: string, path: string) => parseRouteTemplate(template).match(path);

describe('parseRouteTemplate', () => {
  test('compares literals without case', () => {
    expect(match('Docks/Main', '/docks/MAIN')).toEqual({});
    expect(match('docks/main', '/docks')).toBeUndefined();
  });

  test('keeps the spelling of parameter names and values', () => {
    expect(match('MixedCase/{Value}', '/mixedcase/VaLuE')).toEqual({ Value: 'VaLuE' });
  });

  test('takes one trailing slash and no empty segment', () => {
    expect(match('docks/{any}', '/docks/42/')).toEqual({ any: '42' });
    expect(match('docks/{any}', '/docks/42//')).toBeUndefined();
    expect(match('docks/{any}', '/docks/')).toBeUndefined();
    expect(match('piers/{row}/{slot?}', '/piers//b')).toBeUndefined();
  });

  test('leaves out optional parameters that are not there', () => {
    expect(match('piers/{row}/{slot?}', '/piers/a')).toEqual({ row: 'a' });
    expect(match('piers/{row}/{slot?}', '/piers/a/b')).toEqual({ row: 'a', slot: 'b' });
    expect(match('piers/{row}/{slot?}', '/piers/a/b/c')).toBeUndefined();
  });

  test('fills in defaults', () => {
    expect(match('page/{n:int=1}', '/page')).toEqual({ n: '1' });
    expect(match('page/{n=1}', '/page/7')).toEqual({ n: '7' });
  });

  test.each([
    ['/holds/a/b/c.txt', { rest: 'a/b/c.txt' }],
    ['/holds/a/', { rest: 'a/' }],
    ['/holds/a//b', { rest: 'a//b' }],
    ['/holds', {}],
    ['/holds/', {}],
  ])('a catch-all takes the rest of %s', (path, values) => {
    expect(match('holds/{*rest}', path)).toEqual(values);
  });

  test('an optional parameter that may not have a value serves the root', () => {
    expect(match('{ignored:maxlength(0)?}', '/')).toEqual({});
    expect(match('{ignored:maxlength(0)?}', '/x')).toBeUndefined();
  });

  test('reads constraints with colons, commas, slashes and doubled braces in them', () => {
    expect(match('t/{a:regex(^[a-c]{{2}}:[0-9]+$)}', '/t/ab:12')).toEqual({ a: 'ab:12' });
    expect(match('t/{a:length(1,3):alpha}', '/t/abc')).toEqual({ a: 'abc' });
    expect(match('t/{a:length(1,3):alpha}', '/t/ab1')).toBeUndefined();
  });

  test('mixes literals and parameters in one segment', () => {
    expect(match('files/{name}.{type}', '/files/a.txt')).toEqual({ name: 'a', type: 'txt' });
    expect(match('v{n:int}/x', '/v7/x')).toEqual({ n: '7' });
    expect(match('v{n:int}/x', '/vv/x')).toBeUndefined();
  });

  test.each([
    ['/x', /cannot start with a '\/' or '~'/],
    ['~x', /cannot start with a '\/' or '~'/],
    ['a//b', /cannot appear consecutively/],
    ['dupe/{a}/{A}', /'A' appears more than one time/],
    ['open/{x', /incomplete parameter/],
    ['open/x}', /incomplete parameter/],
    ['open/{x{y}', /incomplete parameter/],
    ['x/{}', /parameter name '' is invalid/],
    ['x/{*a}/b', /catch-all parameter can only appear as the last segment/],
    ['x/{*a?}', /catch-all parameter cannot be marked optional/],
    ['x/b{*a}', /cannot contain a catch-all parameter/],
    ['x/{a=1?}', /optional parameter cannot have default value/],
    ['x?y', /cannot contain the '\?' character/],
    ['x/{a:nonsense}', /'nonsense' could not be resolved/],
  ])('refuses %s', (template, message) => {
    expect(() => parseRouteTemplate(template)).toThrow(message);
  });

  test('every template matches its own sample unless a constraint refuses it', () => {
    for (const template of ['a/b', 'a/{b}', 'a/{b:int}', 'a/{*rest}', '{a}.{b}/c', 'a/{b?}']) {
      const parsed = parseRouteTemplate(template);
      expect(parsed.match(parsed.sample)).toBeDefined();
    }
  });

  test('never throws on a path, whatever it holds', () => {
    const template = parseRouteTemplate('a/{b:int}/{c?}');
    fc.assert(fc.property(fc.string(), (path) => void template.match(`/${path}`)));
  });

  test('a value that has no slash comes back as it went in', () => {
    const template = parseRouteTemplate('a/{b}');
    const segment = fc.string({ minLength: 1 }).filter((text) => !text.includes('/'));
    fc.assert(fc.property(segment, (text) => expect(template.match(`/a/${text}`)).toEqual({ b: text })));
  });
});
