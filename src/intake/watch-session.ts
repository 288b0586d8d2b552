/** The session API (N1): told here, done by the next sweep. Touches the table only, never the share. */
import { problem, type Problem } from '../domain/problem';
import { parseClaimedPath } from '../domain/share/claimed-path';
import { nameSession } from '../domain/share/session';
import { parseWatchRequest } from '../domain/share/watch-request';
import type { Clock } from '../ports/clock';
import type { WatchState, WatchStore, WatchTotals } from '../ports/watch-store';
import { messageOf, type Logger } from '../telemetry/logger';
import type { ShareFlights } from './share-flights';
import type { SweepView } from './sweep-share';

export interface StartedWatch {
  readonly date_prefix: string;
  readonly session_name: string;
  readonly encoded_session: string;
}

export type StartResult =
  | { readonly kind: 'started'; readonly body: StartedWatch & Record<string, unknown> }
  | { readonly kind: 'refused'; readonly problem: Problem };

export interface WatchPorts {
  readonly watch: WatchStore;
  readonly flights: ShareFlights;
  readonly view: () => SweepView;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A sortable identifier for this moment. */
  readonly uuid: (timeMs: number) => string;
}

const SHOWN_FILES = 100;

export function createWatchSession({ watch, flights, view, clock, logger, uuid }: WatchPorts) {
  /** As storage told it last. */
  let known: { readonly state: WatchState | undefined; readonly totals: WatchTotals } | undefined;
  return {
    async start(body: string): Promise<StartResult> {
      const parsed = parseWatchRequest(body);
      if (parsed.kind === 'rejected') return { kind: 'refused', problem: problem('REQUEST_INVALID', parsed.reason) };
      const { sessionName, include, exclude, dryRun, recursive } = parsed.request;
      const now = clock.now();
      const named = nameSession(sessionName, now, uuid(now));
      if (named.kind === 'rejected') return { kind: 'refused', problem: problem('SESSION_NAME_INVALID', named.reason) };
      const { session } = named;
      const startedAt = new Date(now).toISOString();
      const refuses = (state: WatchState | undefined) => dryRun && state?.enabled === true && !state.dryRun;
      // Decided and written in one step: of a start and a dry run at once the session always runs.
      const running = await watch.change((state) =>
        refuses(state) ? undefined : { ...session, include, exclude, dryRun, recursive, enabled: true, startedAt },
      );
      if (running && refuses(running)) {
        const detail = `The session ${JSON.stringify(running.name)} is running, and a dry run would end it. Stop it first: POST /v1/watch/stop.`;
        return { kind: 'refused', problem: problem('SESSION_RUNNING', detail, { active_session: running.name }) };
      }
      logger.info('Session started', {
        pipeline: 'nfs',
        session: session.encoded,
        date: session.date,
        dryRun,
        recursive,
        ...(running?.enabled ? { replaces: running.encoded } : {}),
      });
      return {
        kind: 'started',
        body: {
          date_prefix: session.date,
          session_name: session.name,
          encoded_session: session.encoded,
          ...(dryRun ? { dry_run: true } : {}),
        },
      };
    },

    /** What is claimed is still carried to its end. */
    async stop(): Promise<{ readonly enabled: false }> {
      const state = await watch.change((running) => (running?.enabled ? { ...running, enabled: false } : undefined));
      if (state?.enabled) {
        logger.info('Session stopped', { pipeline: 'nfs', session: state.encoded, date: state.date });
      }
      return { enabled: false };
    },

    async status() {
      const told = await Promise.all([watch.read(), watch.totals()]).then(
        ([state, totals]) => ({ state, totals, storage: { ok: true } }),
        (error: unknown) => {
          // What this process knows by itself is worth the more while storage is away.
          if (!known) throw error as Error;
          return { ...known, storage: { ok: false, reason: messageOf(error) } };
        },
      );
      known = told;
      const { state, totals } = told;
      const unsaved = flights.tally();
      const { found, trouble } = view();
      const queued = flights.queued();
      const outage = flights.outage();
      const bytesPerSecond = flights.bytesPerSecond();
      const remaining = flights.remainingBytes();
      const enabled = state?.enabled ?? false;
      return {
        enabled,
        active_session: enabled ? (state?.name ?? null) : null,
        date_prefix: enabled ? (state?.date ?? null) : null,
        encoded_session: enabled ? (state?.encoded ?? null) : null,
        processed_ok: totals.processedOk + unsaved.processedOk,
        processed_err: totals.processedErr + unsaved.processedErr,
        last_error: unsaved.lastError ?? totals.lastError,
        bytes: totals.bytes + unsaved.bytes,
        bytes_per_second: Math.round(bytesPerSecond),
        eta_seconds: bytesPerSecond > 0 ? Math.ceil(remaining / bytesPerSecond) : remaining > 0 ? null : 0,
        remaining_bytes: remaining,
        queued_files: queued.files,
        retrying_files: flights.resting(),
        in_flight_files: flights.inAir(),
        in_flight: flights.inFlight(SHOWN_FILES).map(({ path, ...rest }) => ({ ...parseClaimedPath(path), ...rest })),
        outage: outage
          ? {
              code: outage.code,
              reason: outage.reason,
              since: new Date(outage.since).toISOString(),
              tries: outage.tries,
              next_try_in_seconds: Math.ceil(outage.nextTryInMs / 1000),
            }
          : null,
        storage: told.storage,
        share: trouble === undefined ? { ok: true } : { ok: false, reason: trouble },
        incoming: found
          ? { waiting: found.waiting, stable: found.stable, stable_bytes: found.stableBytes, skipped: found.skipped }
          : null,
        ...(enabled && state?.dryRun
          ? {
              dry_run: {
                files: found?.stable ?? 0,
                bytes: found?.stableBytes ?? 0,
                first: found?.files.slice(0, 20).map(({ name, size }) => ({ file: name, size })) ?? [],
              },
            }
          : {}),
      };
    },
  };
}
