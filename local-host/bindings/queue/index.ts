/** Storage queue output. */
import type { HostContext, BindingPlugin } from '../../plugin';
import type { RpcData } from '../../rpc-data';
import { resolveExpression } from '../../storage/binding-expression';
import { storageConnection } from '../../storage/connection';
import { sendMakingQueue } from '../../storage/message-pump';
import { encodeMessage, messageEncodingOf } from '../../storage/queue-encoding';
import { messagesOf } from '../../output-messages';

/** Output `queue`. Options `queueName` (with `%SETTING%` and `{expression}`), `connection`. The queue is made when missing. */
export const queueBinding: BindingPlugin = {
  type: 'queue',
  async output(binding, data, metadata, context) {
    const { queueName, connection } = binding;
    if (typeof queueName !== 'string') throw new Error(`Output binding '${binding.name}' has no 'queueName'.`);
    const name = resolveExpression(queueName, metadata, context).toLowerCase();
    await send(name, typeof connection === 'string' ? connection : undefined, data, context);
  },
};

async function send(
  queueName: string,
  connection: string | undefined,
  data: RpcData,
  context: HostContext,
): Promise<void> {
  const queue = storageConnection(context.settings, connection).queues().getQueueClient(queueName);
  const encoding = messageEncodingOf(context.settings);
  // One after another, in the order that the function gave.
  for (const message of messagesOf(data)) await sendMakingQueue(queue, encodeMessage(message, encoding));
}
