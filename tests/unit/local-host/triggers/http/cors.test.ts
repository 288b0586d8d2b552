import { corsHeaders, preflightHeaders } from '../../../../../local-host/triggers/http/cors';

const rules = { corsOrigins: ['https://a.example/'], corsCredentials: false };

describe('corsHeaders', () => {
  test('are empty without rules, without an origin, and for another origin', () => {
    expect(corsHeaders('https://a.example', { corsOrigins: [], corsCredentials: false })).toEqual([]);
    expect(corsHeaders(undefined, rules)).toEqual([]);
    expect(corsHeaders('https://b.example', rules)).toEqual([]);
  });

  test('name a listed origin', () => {
    expect(corsHeaders('https://a.example', rules)).toEqual([
      ['access-control-allow-origin', 'https://a.example'],
      ['vary', 'Origin'],
    ]);
  });

  test('a star opens to all, and names the origin when credentials are allowed', () => {
    expect(corsHeaders('https://b.example', { corsOrigins: ['*'], corsCredentials: false })).toEqual([
      ['access-control-allow-origin', '*'],
    ]);
    expect(corsHeaders('https://b.example', { corsOrigins: ['*'], corsCredentials: true })).toContainEqual([
      'access-control-allow-origin',
      'https://b.example',
    ]);
  });
});

describe('preflightHeaders', () => {
  const preflight = {
    origin: 'https://a.example',
    'access-control-request-method': 'PUT',
    'access-control-request-headers': 'x-a',
  };

  test('allow what was asked for', () => {
    expect(preflightHeaders('OPTIONS', preflight, rules)).toEqual(
      expect.arrayContaining([
        ['access-control-allow-methods', 'PUT'],
        ['access-control-allow-headers', 'x-a'],
      ]),
    );
  });

  test('are empty for another origin, and absent when the app is to see the request', () => {
    expect(preflightHeaders('OPTIONS', { ...preflight, origin: 'https://b.example' }, rules)).toEqual([]);
    expect(preflightHeaders('OPTIONS', preflight, { corsOrigins: [], corsCredentials: false })).toBeUndefined();
    expect(preflightHeaders('GET', preflight, rules)).toBeUndefined();
  });
});
