import type { Environment } from './setting-problem';

/** `functionTimeout` of our host.json. */
const USUAL_MS = 30 * 60_000;
/** The setting that stands over it, as every value of host.json can be given. */
const SETTING = 'azurefunctionsjobhost__functiontimeout';

/**
 * Milliseconds that the host lets a function run before it ends its process; `Infinity` for ever. The host refuses what is no time
 * itself, so that counts as absent here.
 */
export function runMsOf(environment: Environment): number {
  const text = Object.entries(environment).find(([name]) => name.toLowerCase() === SETTING)?.[1];
  if (text === undefined || text === '') return USUAL_MS;
  if (text.startsWith('-')) return Infinity;
  const match = /^(?:(\d+)\.)?(\d+):(\d+)(?::(\d+(?:\.\d+)?))?$/.exec(text);
  if (!match) return USUAL_MS;
  const [, days = '0', hours = '0', minutes = '0', seconds = '0'] = match;
  return (((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
}
