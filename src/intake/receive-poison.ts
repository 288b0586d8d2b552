import { deadLetterId, type Pipeline } from '../domain/dead-letter';
import { sha256Hex } from '../domain/digest';
import { rawText } from '../domain/queue-message';
import type { DeadLetterStore } from '../ports/dead-letter-store';
import type { Logger } from '../telemetry/logger';
import { count } from '../telemetry/meters';
import { attributes } from '../telemetry/names';
import type { QueueMessage } from './receive-media-events';

/** `maxDequeueCount` in host.json. The message itself says how often it came out of the poison queue. */
const HOST_TRIES = 5;

/** Brings what the host gave up (`<queue>-poison`) into the dead-letter store, with code `HOST_POISON` (C8). */
export function createReceivePoison(ports: { readonly deadLetters: DeadLetterStore; readonly logger: Logger }) {
  return async (pipeline: Pipeline, queue: string, message: QueueMessage): Promise<void> => {
    const text = rawText(message.body);
    const id = deadLetterId(message.insertedMs, sha256Hex(`${queue}\n${message.id}\n${text}`).slice(0, 24));
    await ports.deadLetters.add({
      id,
      pipeline,
      code: 'HOST_POISON',
      error: `The host gave up a message of ${queue}: its function failed every time. The log has the reason; replay it once that is mended.`,
      attempts: HOST_TRIES,
      keys: { queue, messageId: message.id },
      createdAt: new Date(message.insertedMs).toISOString(),
      state: 'open',
      message: text,
    });
    ports.logger.error('The host gave up a message', { pipeline, queue, deadLetterId: id });
    count('deadLetters', 1, { [attributes.pipeline]: pipeline, [attributes.code]: 'HOST_POISON' });
  };
}
