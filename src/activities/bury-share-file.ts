import { deadLetterId } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import { parseClaimedPath } from '../domain/share/claimed-path';
import { SHARE_INBOX, shareInboxKey, type TransferErrorCode } from '../domain/share/transfer';
import { SHARE_REPLAY_QUEUE } from '../domain/storage-layout';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { GroupInbox } from '../ports/inbox';
import type { ShareFiles } from '../ports/share-files';
import { messageOf, type Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import { currentTraceId } from '../telemetry/tracing';

export type BuryShareFile = (input: {
  readonly path: string;
  readonly instanceId: string;
  readonly code: TransferErrorCode;
  readonly error: string;
  readonly attempts: number;
  /** When it was given up, milliseconds since the epoch; the same on every try. */
  readonly atMs: number;
}) => Promise<{ readonly deadLetterId: string; readonly quarantined: boolean }>;

/**
 * The dead letter first, then quarantine where it is switched on: a file that is in `.failed` always has its letter. A share
 * that does not let the file be moved leaves it in `.processing`, where a replay finds it just the same.
 */
export function createBuryShareFile(
  ports: {
    readonly deadLetters: DeadLetterStore;
    readonly inbox: GroupInbox;
    readonly share: ShareFiles;
    readonly logger: Logger;
  },
  settings: { readonly quarantine: boolean },
): BuryShareFile {
  return async ({ path, instanceId, code, error, attempts, atMs }) => {
    const { date, session, file } = parseClaimedPath(path) ?? { date: '', session: '', file: path };
    const id = deadLetterId(atMs, sha256Hex(`${path}\n${instanceId}\n${atMs}`).slice(0, 16));
    const createdAt = new Date(atMs).toISOString();
    const traceId = currentTraceId();
    await ports.deadLetters.add({
      id,
      pipeline: 'nfs',
      code,
      error,
      attempts,
      keys: { queue: SHARE_REPLAY_QUEUE, file: file.slice(0, 1_000), session, date, instanceId },
      createdAt,
      state: 'open',
      message: JSON.stringify({ path }),
      ...(traceId ? { traceId } : {}),
    });
    await ports.inbox.noteTold(SHARE_INBOX, shareInboxKey(path));
    count('deadLetters', 1, { [attributes.pipeline]: 'nfs', [attributes.code]: code });
    const quarantined = settings.quarantine && (await quarantine(path, { id, code, error, attempts, createdAt }));
    ports.logger.error('File given up', { pipeline: 'nfs', file, session, date, code, deadLetterId: id, quarantined });
    return { deadLetterId: id, quarantined };
  };

  async function quarantine(path: string, reason: { readonly id: string } & Record<string, unknown>): Promise<boolean> {
    const { id, ...rest } = reason;
    const text = JSON.stringify(
      { path, deadLetter: id, ...rest, replay: `POST /v1/dead-letters/${id}/replay` },
      null,
      2,
    );
    try {
      return (await ports.share.quarantine(path, `${text}\n`)).kind === 'moved';
    } catch (error) {
      ports.logger.warn('File could not be put into quarantine', { pipeline: 'nfs', path, reason: messageOf(error) });
      return false;
    }
  }
}
