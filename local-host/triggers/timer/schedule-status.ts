/**
 * Where a timer stands: when it ran last and is due next, kept in a blob so that a run missed while the host was down is
 * made up for. The rules are those of the WebJobs SDK's schedule monitor; `pastDue` is pure.
 */
import type { BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import { statusOf } from '../../storage/azure-sdk';
import { dotnetTime } from '../../storage/dotnet-time';

export interface ScheduleStatus {
  /** Milliseconds since the epoch; undefined before the first run. */
  readonly last: number | undefined;
  /** Undefined for a schedule that never comes due. */
  readonly next: number | undefined;
  readonly lastUpdated: number;
}

type Next = (after: number) => number | undefined;

/**
 * What the start of a timer finds: the status to go on with, whether it must be written, and whether a run was missed.
 * A status whose `next` does not follow from the schedule was made by another schedule, and misses nothing.
 */
export function statusAtStart(
  stored: ScheduleStatus | undefined,
  now: number,
  next: Next,
): { readonly status: ScheduleStatus; readonly changed: boolean; readonly pastDue: boolean } {
  if (!stored) {
    return { status: { last: undefined, next: next(now), lastUpdated: now }, changed: true, pastDue: false };
  }
  let basis = stored.last ?? stored.lastUpdated;
  let expected = next(basis);
  if (sameSecond(expected, stored.next)) {
    return { status: stored, changed: false, pastDue: stored.next !== undefined && now > stored.next };
  }
  if (expected === undefined || now > expected) {
    basis = now;
    expected = next(now);
  }
  return { status: { last: undefined, next: expected, lastUpdated: basis }, changed: true, pastDue: false };
}

/** After a run. One that began a little before it was due counts as on time, lest it be due again at once. */
export function statusAfterRun(
  before: ScheduleStatus,
  startedAt: number,
  scheduled: boolean,
  next: Next,
): ScheduleStatus {
  const at = scheduled && before.next !== undefined && before.next > startedAt ? before.next : startedAt;
  return { last: at, next: next(at), lastUpdated: at };
}

/** The form in which functions get it, and the blob holds it. */
export function toDotnet(status: ScheduleStatus): { Last: string; Next: string; LastUpdated: string } {
  return {
    Last: status.last === undefined ? '0001-01-01T00:00:00+00:00' : dotnetTime(status.last),
    Next: status.next === undefined ? '9999-12-31T23:59:59+00:00' : dotnetTime(status.next),
    LastUpdated: dotnetTime(status.lastUpdated),
  };
}

/** `timers/<hostId>/Host.Functions.<function>/status` in the host's container. */
export class StatusBlob {
  readonly #name: string;

  /** The container is asked for when first needed, since its SDK takes time to load. */
  constructor(
    private readonly container: () => ContainerClient,
    hostId: string,
    functionName: string,
  ) {
    this.#name = `timers/${hostId}/Host.Functions.${functionName}/status`;
  }

  /** Undefined when there is none, or what is there cannot be read. */
  async read(): Promise<ScheduleStatus | undefined> {
    try {
      return fromText((await this.#blob().downloadToBuffer()).toString('utf8'));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async write(status: ScheduleStatus): Promise<void> {
    const text = JSON.stringify(toDotnet(status));
    const upload = () =>
      this.#blob().upload(text, Buffer.byteLength(text), { blobHTTPHeaders: { blobContentType: 'application/json' } });
    try {
      await upload();
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
      await this.container().createIfNotExists();
      await upload();
    }
  }

  #blob(): BlockBlobClient {
    return this.container().getBlockBlobClient(this.#name);
  }
}

function fromText(text: string): ScheduleStatus | undefined {
  try {
    const { Last, Next, LastUpdated } = JSON.parse(text) as Record<string, unknown>;
    const lastUpdated = moment(LastUpdated) ?? moment(Last);
    return lastUpdated === undefined ? undefined : { last: moment(Last), next: moment(Next), lastUpdated };
  } catch {
    return undefined;
  }
}

/** .NET writes its smallest and largest dates for "none"; a time without zone is the host's, which is UTC here. */
function moment(value: unknown): number | undefined {
  if (typeof value !== 'string' || /^(?:0001|9999)-/.test(value)) return undefined;
  const time = Date.parse(/(?:Z|[+-]\d\d:\d\d)$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(time) ? undefined : time;
}

function sameSecond(a: number | undefined, b: number | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return Math.abs(a - b) < 1000;
}
