/**
 * Runs one timer function, one call at a time: a call that outlasts its interval is followed by the next at once, and
 * failures change nothing. Time is the host's clock alone.
 */
import { sleep } from '../../clock';
import type { FunctionDefinition } from '../../function-definition';
import type { HostContext, Invocation } from '../../plugin';
import { messageOf } from '../../storage/azure-sdk';
import { outage } from '../../storage/outage';
import { dotnetTime } from '../../storage/dotnet-time';
import { nextOccurrence } from './next-occurrence';
import type { Schedule } from './schedule-expression';
import { statusAfterRun, statusAtStart, toDotnet, type ScheduleStatus, type StatusBlob } from './schedule-status';

export interface TimerOptions {
  readonly schedule: Schedule;
  readonly timeZone: string;
  readonly runOnStartup: boolean;
  /** Absent for schedules that are not monitored. */
  readonly monitor: StatusBlob | undefined;
}

type Why = 'scheduled' | 'pastDue' | 'startup';

const RETRY_MS = 1000;
const FOREVER_MS = Number.MAX_SAFE_INTEGER / 2;

export class TimerListener {
  readonly #stop = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    private readonly fn: FunctionDefinition,
    private readonly context: HostContext,
    private readonly options: TimerOptions,
  ) {}

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, log } = this.context;
    const start = await this.#statusAtStart();
    if (!start) return;
    let { status } = start;
    log.debug(this.#occurrences());
    if (start.pastDue) {
      log.information(`Function 'Functions.${this.fn.name}' is past due on startup. Executing now.`);
      status = await this.#call(status, 'pastDue');
    } else if (this.options.runOnStartup) {
      log.information(`Function 'Functions.${this.fn.name}' is configured to run on startup. Executing now.`);
      status = await this.#call(status, 'startup');
    }
    for (;;) {
      // A schedule that never comes due waits for the stop.
      await sleep(clock, status.next === undefined ? FOREVER_MS : status.next - clock.now(), this.#stop.signal);
      if (this.#stop.signal.aborted) return;
      status = await this.#call(status, 'scheduled');
    }
  }

  /** Waits for the storage: without the status nobody knows whether a run was missed. Undefined when stopped meanwhile. */
  async #statusAtStart(): Promise<{ status: ScheduleStatus; pastDue: boolean } | undefined> {
    const { clock, log } = this.context;
    for (let told = false; !this.#stop.signal.aborted;) {
      try {
        const stored = await this.options.monitor?.read();
        const found = statusAtStart(stored, clock.now(), this.#next);
        if (found.changed) await this.options.monitor?.write(found.status);
        return found;
      } catch (error) {
        if (!told)
          log.warning(
            `The status of timer '${this.fn.name}' cannot be read; trying until it can. ${outage(error, 'AzureWebJobsStorage')}`,
          );
        told = true;
        await sleep(clock, RETRY_MS, this.#stop.signal);
      }
    }
    return undefined;
  }

  async #call(status: ScheduleStatus, why: Why): Promise<ScheduleStatus> {
    const { context, fn } = this;
    const startedAt = context.clock.now();
    await context.invoke(fn, {
      ...timerInput(this.options.schedule, this.options.monitor ? status : undefined, why === 'pastDue'),
      reason: `Timer fired at ${dotnetTime(startedAt)}`,
      ...(why === 'scheduled' ? {} : { details: detailsOf(why, status) }),
    });
    const after = statusAfterRun(status, startedAt, why === 'scheduled', this.#next);
    try {
      await this.options.monitor?.write(after);
    } catch (error) {
      context.log.warning(
        `The status of timer '${fn.name}' was not saved; a restart may run it once more. ${messageOf(error)}`,
      );
    }
    return after;
  }

  readonly #next = (after: number): number | undefined =>
    nextOccurrence(this.options.schedule, after, this.options.timeZone);

  #occurrences(): string {
    const lines: string[] = [];
    let at: number | undefined = this.context.clock.now();
    for (let i = 0; i < 5; i++) {
      at = this.#next(at);
      if (at === undefined) break;
      lines.push(dotnetTime(at));
    }
    const { kind, text } = this.options.schedule;
    const name = kind === 'cron' ? 'Cron' : 'Constant';
    return `The next 5 occurrences of the '${this.fn.name}' schedule (${name}: '${text}') will be:\n${lines.join('\n')}`;
  }
}

/** What a function gets as its timer object. */
export function timerInput(
  schedule: Schedule,
  status: ScheduleStatus | undefined,
  isPastDue: boolean,
): Pick<Invocation, 'input'> {
  return {
    input: {
      json: JSON.stringify({
        Schedule: { AdjustForDST: schedule.kind === 'cron' },
        ScheduleStatus: status ? toDotnet(status) : null,
        IsPastDue: isPastDue,
      }),
    },
  };
}

function detailsOf(why: 'pastDue' | 'startup', status: ScheduleStatus): string {
  const reason = `Trigger Details: UnscheduledInvocationReason: ${why === 'pastDue' ? 'IsPastDue' : 'RunOnStartup'}`;
  return why === 'pastDue' ? `${reason}, OriginalSchedule: ${toDotnet(status).Next}` : reason;
}
