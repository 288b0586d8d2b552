/** `azure-queue`: messages in a Storage queue. */
import { codeOf, messageOf, statusOf } from '../../storage/azure-sdk';
import type { MetricSource } from '../metric-source';
import type { SourcePlugin } from './source-plugin';
import { storageOf } from './storage-of';

/** Most messages that the service shows at once. */
const MOST_PEEKED = 32;

/**
 * `queueLengthStrategy` `all` (default) counts what is being worked on too; `visibleonly` counts what waits, up to 31 messages: with 32
 * or more the approximate count of all messages is taken, as KEDA does.
 */
export const storageQueue: SourcePlugin = {
  type: 'azure-queue',
  parameters: [
    ...['queueName', 'queueLength', 'activationQueueLength', 'queueLengthStrategy'],
    ...['connection', 'accountName', 'endpointSuffix', 'cloud'],
  ],
  create(parameters, { settings }): MetricSource {
    const name = parameters.required('queueName');
    const activation = parameters.whole('activationQueueLength', 0, 0);
    const visibleOnly = parameters.word('queueLengthStrategy', ['all', 'visibleonly'], 'all') === 'visibleonly';
    const storage = storageOf(parameters, settings, { connection: 'connection', account: 'accountName' });
    const queue = storage.queues().getQueueClient(name);
    const count = async (abortSignal: AbortSignal): Promise<number> => {
      if (visibleOnly) {
        const { peekedMessageItems } = await queue.peekMessages({ numberOfMessages: MOST_PEEKED, abortSignal });
        if (peekedMessageItems.length < MOST_PEEKED) return peekedMessageItems.length;
      }
      return (await queue.getProperties({ abortSignal })).approximateMessagesCount ?? 0;
    };
    return {
      what: `messages in queue '${name}'`,
      target: parameters.whole('queueLength', 5, 1),
      async read(signal) {
        try {
          const value = await count(signal);
          return { value, active: value > activation };
        } catch (error) {
          throw new Error(reasonOf(error, name), { cause: error });
        }
      },
      close: () => Promise.resolve(),
    };
  },
};

function reasonOf(error: unknown, queue: string): string {
  if (codeOf(error) === 'QueueNotFound' || statusOf(error) === 404) return `there is no queue '${queue}'.`;
  const status = statusOf(error);
  if (status === 403 || status === 401)
    return `the storage account refuses the count (${status}); check the connection and its rights.`;
  return `${firstLine(messageOf(error))} Check that the storage of the trigger's connection runs.`;
}

function firstLine(text: string): string {
  return `${(text.split('\n')[0] ?? '').replace(/\.$/, '')}.`;
}
