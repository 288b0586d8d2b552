import type { HostSettings } from './host-settings';

/** As in plans other than Consumption. */
const DEFAULT_MS = 30 * 60_000;

/** The time a function may run, from host.json `functionTimeout` (`[d.]hh:mm:ss`); undefined for no limit (`-1`). */
export function functionTimeoutMs(settings: HostSettings): number | undefined {
  const text = settings.hostJson.functionTimeout;
  if (text === undefined) return DEFAULT_MS;
  if (/^-1$|^-/.test(text)) return undefined;
  const match = /^(?:(\d+)\.)?(\d+):(\d+)(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (!match) return DEFAULT_MS;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
