import type { HostSettings } from '../../../../local-host/settings/host-settings';
import { bodyLimitOf, routePrefixOf } from '../../../../local-host/settings/http-settings';

const settings = (http: object | undefined, values: Record<string, string> = {}) =>
  ({ values, hostJson: { version: '2.0', ...(http ? { extensions: { http } } : {}) } }) as HostSettings;

describe('routePrefixOf', () => {
  test('is api unless host.json says otherwise, without slashes', () => {
    expect(routePrefixOf(settings(undefined))).toBe('api');
    expect(routePrefixOf(settings({ routePrefix: '' }))).toBe('');
    expect(routePrefixOf(settings({ routePrefix: '/v2/open/' }))).toBe('v2/open');
  });
});

describe('bodyLimitOf', () => {
  test('is 100 MiB unless the setting says otherwise', () => {
    expect(bodyLimitOf(settings(undefined))).toBe(104_857_600);
    expect(bodyLimitOf(settings(undefined, { functions_request_body_size_limit: '5' }))).toBe(5);
    expect(bodyLimitOf(settings(undefined, { FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: 'x' }))).toBe(104_857_600);
  });
});
