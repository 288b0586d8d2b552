/** A replayed dead letter of the share: the file leaves quarantine, and its next try comes at once. */
import { queueMessageText } from '../domain/queue-message';
import { parseReplayMessage } from '../domain/share/replay-message';
import { SHARE_INBOX, shareInboxKey } from '../domain/share/transfer';
import type { GroupInbox } from '../ports/inbox';
import type { ShareFiles } from '../ports/share-files';
import type { Logger } from '../telemetry/logger';
import type { ShareFlights } from './share-flights';
import type { QueueMessage } from './receive-media-events';

export function createReplayShareFile(ports: {
  readonly share: ShareFiles;
  readonly inbox: GroupInbox;
  readonly flights: ShareFlights;
  readonly recoverSoon: () => void;
  readonly logger: Logger;
}): (message: QueueMessage) => Promise<void> {
  const { share, inbox, flights, logger } = ports;
  return async (message) => {
    const parsed = parseReplayMessage(queueMessageText(message.body));
    if (parsed.kind === 'rejected') {
      // Thrown, so that it ends among the poison messages, where it is seen.
      throw new Error(parsed.reason);
    }
    const { path } = parsed;
    // Its tries are counted from the first again.
    await inbox.forget(SHARE_INBOX, shareInboxKey(path));
    const moved = await share.restore(path);
    if (moved.kind === 'failed') throw new Error(`${path} cannot leave quarantine: ${moved.error}`);
    if (moved.kind === 'occupied')
      throw new Error(`${path} cannot leave quarantine: another file of its name is being processed.`);
    flights.wake(path);
    ports.recoverSoon();
    logger.info('File is tried again', {
      pipeline: 'nfs',
      path,
      from: moved.kind === 'moved' ? 'quarantine' : 'processing',
    });
  };
}
