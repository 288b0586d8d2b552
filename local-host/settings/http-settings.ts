import type { HostSettings } from './host-settings';
import { setting } from './host-settings';

/** Kestrel's limit as the Functions host sets it. */
const DEFAULT_BODY_LIMIT = 104_857_600;

/** Without slashes at either end; `api` unless host.json says otherwise. */
export function routePrefixOf(settings: HostSettings): string {
  return (settings.hostJson.extensions?.http?.routePrefix ?? 'api').replace(/^\/+|\/+$/g, '');
}

/** Bytes, from `FUNCTIONS_REQUEST_BODY_SIZE_LIMIT`. */
export function bodyLimitOf(settings: HostSettings): number {
  const limit = Number(setting(settings, 'FUNCTIONS_REQUEST_BODY_SIZE_LIMIT') ?? Number.NaN);
  return Number.isFinite(limit) && limit > 0 ? limit : DEFAULT_BODY_LIMIT;
}
