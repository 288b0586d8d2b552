/**
 * A process with a queue trigger, a blob trigger and an event subscription, to be killed at any point. It tells its parent of
 * each call before it answers it, and of the moment from which on events are delivered. Arguments: state folder, connection string.
 */
import { createEventGridExtension } from '../../../../local-host/event-grid';
import { blobTrigger } from '../../../../local-host/triggers/blob';
import { queueTrigger } from '../../../../local-host/triggers/queue';
import { definition, listenerHost } from '../storage/listener-host';

const [stateDir = '', connectionString = '', subscriptions = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const { context } = listenerHost({
    stateDir,
    values: { AzureWebJobsStorage: connectionString },
    instanceId: `process-${process.pid}`,
    answer: async ({ fn, invocation }) => {
      const id = 'string' in invocation.input ? invocation.input.string : invocation.triggerMetadata?.['BlobTrigger'];
      await new Promise((resolve) => process.send?.({ fn, id }, resolve));
      return true;
    },
  });
  const queue = { name: 'q', type: 'queueTrigger', direction: 'trigger', queueName: 'jobs' } as const;
  const blob = { name: 'b', type: 'blobTrigger', direction: 'trigger', path: 'raw/{name}' } as const;
  await createEventGridExtension(subscriptions).start([], context);
  process.send?.('subscribed');
  await queueTrigger.start?.(definition('job'), queue, context);
  await blobTrigger.start?.(definition('blob'), blob, context);
}

void main();
