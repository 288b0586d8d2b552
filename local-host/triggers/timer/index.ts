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
    for (const warning of timerWarnings(fn.name, binding, isFast(binding, context))) context.log.warning(warning);
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
  if (isFast(binding, context)) return undefined;
  const connection = storageConnection(context.settings);
  return new StatusBlob(() => connection.blobs().getContainerClient(HOSTS_CONTAINER), context.settings.hostId, fn.name);
}

function isFast(binding: BindingDefinition, context: HostContext): boolean {
  return isFasterThanAMinute(scheduleOf(binding, context), context.clock.now(), timeZoneOf(context));
}

/** What the Functions host does with timers that would surprise, with what to do about it. */
function timerWarnings(name: string, binding: BindingDefinition, fast: boolean): string[] {
  const warnings: string[] = [];
  if (fast && binding['useMonitor'] !== false)
    warnings.push(
      `Timer '${name}' comes more often than once a minute, and the Functions host does not monitor such timers: timer.scheduleStatus is null, and runs that were missed are not made up for. Test for null in the handler; set useMonitor: false to say that it is meant.`,
    );
  if (binding['runOnStartup'] === true)
    warnings.push(
      `Timer '${name}' has runOnStartup: true. In Azure it then runs with each restart and each new instance. Set it by an app setting that only your machine has, or leave it out.`,
    );
  return warnings;
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
