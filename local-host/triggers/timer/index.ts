/** Timer trigger. Runs on the first instance alone, as a timer is one for the whole app. */
import type { BindingDefinition, FunctionDefinition } from '../../function-definition';
import { FunctionIndexingError, type HostContext, type TriggerPlugin } from '../../plugin';
import { resolveSettings, setting } from '../../settings/host-settings';
import { storageConnection } from '../../storage/connection';
import { isFasterThanAMinute } from './next-occurrence';
import { parseSchedule, type Schedule } from './schedule-expression';
import { StatusBlob } from './schedule-status';
import { timerInput, TimerListener } from './timer-listener';

const HOSTS_CONTAINER = 'azure-webjobs-hosts';

/**
 * Trigger `timerTrigger`. Options `schedule` (NCRONTAB or TimeSpan, with `%SETTING%`), `runOnStartup` (false), `useMonitor`
 * (true; never for schedules faster than a minute). Times are UTC, or those of the app setting `WEBSITE_TIME_ZONE`.
 */
export const timerTrigger: TriggerPlugin = {
  type: 'timertrigger',
  check: (fn, binding, context) => void (scheduleOf(binding, context), monitorOf(fn, binding, context)),
  async start(fn, binding, context) {
    if (context.instanceNumber !== 1) return { stop: () => Promise.resolve() };
    const listener = new TimerListener(fn, context, {
      schedule: scheduleOf(binding, context),
      timeZone: timeZoneOf(context, true),
      runOnStartup: binding['runOnStartup'] === true,
      monitor: monitorOf(fn, binding, context),
    });
    listener.start();
    return listener;
  },
  async manual(fn, binding, _input, context) {
    const status = await monitorOf(fn, binding, context)?.read();
    return {
      ...timerInput(scheduleOf(binding, context), status, false),
      reason: 'This function was programmatically called via the host APIs.',
    };
  },
};

function scheduleOf(binding: BindingDefinition, context: HostContext): Schedule {
  const given = binding['schedule'];
  let text: string;
  try {
    text = resolveSettings(context.settings, typeof given === 'string' ? given : '');
  } catch (error) {
    throw new FunctionIndexingError((error as Error).message);
  }
  const schedule = parseSchedule(text);
  if (schedule) return schedule;
  throw new FunctionIndexingError(
    `The schedule expression '${text}' was not recognized as a valid cron expression or timespan string.`,
  );
}

function monitorOf(fn: FunctionDefinition, binding: BindingDefinition, context: HostContext): StatusBlob | undefined {
  if (binding['useMonitor'] === false) return undefined;
  if (isFasterThanAMinute(scheduleOf(binding, context), context.clock.now(), timeZoneOf(context))) return undefined;
  const connection = storageConnection(context.settings);
  return new StatusBlob(() => connection.blobs().getContainerClient(HOSTS_CONTAINER), context.settings.hostId, fn.name);
}

function timeZoneOf({ settings, log }: HostContext, warns = false): string {
  const name = setting(settings, 'WEBSITE_TIME_ZONE')?.trim();
  if (name === undefined || name === '') return 'UTC';
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    if (warns)
      log.warning(
        `WEBSITE_TIME_ZONE is '${name}', which is no IANA time zone (such as Europe/Vienna); timers use UTC.`,
      );
    return 'UTC';
  }
}
