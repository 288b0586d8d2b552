import { sleep, systemClock } from '../clock';
import type { HostContext } from '../plugin';
import { messageOf, statusOf } from './azure-sdk';
import { storageConnection } from './connection';
import { HeldMessages, type AbandonedMessages, type HeldMessage } from './held-messages';
import { perHost } from './per-host';

const RETRY_MS = 1000;

/** The one note of held messages of a host. Opening it gives back, in the background, what dead processes held. */
export const heldMessages = perHost(
  (context) => {
    const held = new HeldMessages(context.stateDir, context.instanceId, (reason) =>
      context.log.warning(
        `Held queue messages cannot be noted in ${context.stateDir} (${reason}); after a crash they come back when their lease ends.`,
      ),
    );
    const stop = new AbortController();
    const givingBack = giveBackAbandoned(held.abandoned(), context, stop.signal).catch((error: unknown) =>
      context.log.warning(`Messages of an earlier run could not be given back: ${messageOf(error)}`),
    );
    return { held, givingBack, stop };
  },
  async ({ held, givingBack, stop }) => {
    stop.abort();
    await givingBack;
    held.close();
  },
);

async function giveBackAbandoned(
  files: readonly AbandonedMessages[],
  context: HostContext,
  signal: AbortSignal,
): Promise<void> {
  for (const file of files) {
    let returned = 0;
    for (const message of file.messages) {
      if (!(await giveBack(message, context, signal))) break;
      file.forget(message);
      returned += 1;
    }
    file.discard();
    if (returned > 0)
      context.log.information(`Gave back ${returned} queue message(s) that a host process held when it ended.`);
  }
}

/** False when the host stops before the storage answered. */
async function giveBack(message: HeldMessage, context: HostContext, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      const queue = storageConnection(context.settings, message.connection).queues().getQueueClient(message.queue);
      await queue.updateMessage(message.id, message.popReceipt, undefined, 0);
      return true;
    } catch (error) {
      // Any answer but "busy" is final: the message was deleted, or its lease ended and another has it.
      const status = statusOf(error);
      if (status !== undefined && status < 500 && status !== 429) return true;
      if (status === undefined && !('code' in Object(error))) return true;
      await sleep(systemClock, RETRY_MS, signal);
    }
  }
  return false;
}
