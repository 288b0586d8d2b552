/** Storage queue trigger: one {@link MessagePump} per function. */
import type { DequeuedMessageItem } from '@azure/storage-queue';
import { systemClock } from '../../clock';
import type { BindingDefinition, FunctionDefinition } from '../../function-definition';
import { FunctionIndexingError, type HostContext, type Listener, type TriggerPlugin } from '../../plugin';
import { resolveSettings } from '../../settings/host-settings';
import { storageConnection, type StorageConnection } from '../../storage/connection';
import { dotnetLogTime } from '../../storage/dotnet-time';
import { heldMessages } from '../../storage/held-by-host';
import { MessagePump, type Processed } from '../../storage/message-pump';
import { decodeMessage, messageEncodingOf, strictUtf8 } from '../../storage/queue-encoding';
import { storageActivity } from '../../storage/storage-activity';
import { handMadeMetadata, messageInput, messageMetadata } from './message-data';
import { overriddenFields, POISON_SUFFIX, poisonQueueWarning, queueWarnings } from './queue-warnings';
import { queueSettings } from './settings';

const QUEUE_NAME = /^[a-z0-9](?:-?[a-z0-9])*$/;

/** Trigger `queueTrigger`. Options `queueName` (with `%SETTING%`), `connection`, `dataType`. */
export const queueTrigger: TriggerPlugin = {
  type: 'queuetrigger',
  check(_fn, binding, context) {
    queueName(binding, context);
    connectionOf(binding, context);
    queueSettings(context.settings);
  },
  start: async (fn, binding, context) => listen(fn, binding, context),
  manual: (_fn, binding, input, context) => ({
    input: messageInput(Buffer.from(input), input, binding.dataType),
    triggerMetadata: handMadeMetadata(binding.name, input, context.clock.now()),
    reason: 'This function was programmatically called via the host APIs.',
  }),
};

function listen(fn: FunctionDefinition, binding: BindingDefinition, context: HostContext): Listener {
  const connection = connectionOf(binding, context);
  const name = queueName(binding, context);
  for (const warning of queueWarnings(fn, name, queueSettings(context.settings).maxDequeueCount))
    context.log.warning(warning);
  const queues = connection.queues();
  const held = heldMessages(context);
  const activity = storageActivity(context);
  const pump = new MessagePump({
    ...queueSettings(context.settings),
    queue: queues.getQueueClient(name),
    ...(name.endsWith(POISON_SUFFIX) ? {} : { poison: queues.getQueueClient(name + POISON_SUFFIX) }),
    connection: connection.name,
    clock: systemClock,
    log: context.log,
    held: held.value.held,
    process: (message) => process(fn, binding, context, name, message),
  });
  const unlisten = activity.value.listen(queues.url, (event) => {
    if (event.kind === 'messageSent' && event.queue === name) pump.wake();
  });
  void held.value.givingBack.then(() => pump.wake());
  pump.start();
  return {
    async stop() {
      unlisten();
      await pump.stop();
      await Promise.all([held.release(), activity.release()]);
    },
  };
}

/** Functions that were told of overridden fields, and of failing on a poison queue. */
const toldOfFields = new WeakSet<FunctionDefinition>();
const toldOfPoison = new WeakSet<FunctionDefinition>();

async function process(
  fn: FunctionDefinition,
  binding: BindingDefinition,
  context: HostContext,
  queue: string,
  message: DequeuedMessageItem,
): Promise<Processed> {
  const bytes = decodeMessage(message.messageText, messageEncodingOf(context.settings));
  const text = bytes && strictUtf8(bytes);
  if (bytes === undefined || text === undefined) return 'hopeless';
  const overridden = overriddenFields(text);
  if (overridden.length > 0 && !toldOfFields.has(fn)) {
    toldOfFields.add(fn);
    context.log.warning(
      `A message for '${fn.name}' has the JSON fields ${overridden.join(', ')}, which override the message's own in context.triggerMetadata, as on the Functions host. Read them from the message, or name them otherwise.`,
    );
  }
  const { error } = await context.invoke(fn, {
    input: messageInput(bytes, text, binding.dataType),
    triggerMetadata: messageMetadata(message, text),
    reason: `New queue message detected on '${queue}'.`,
    details: `Trigger Details: MessageId: ${message.messageId}, DequeueCount: ${message.dequeueCount}, InsertionTime: ${dotnetLogTime(message.insertedOn)}`,
  });
  if (error === undefined) return 'done';
  const warning = poisonQueueWarning(fn, queue);
  if (warning !== undefined && !toldOfPoison.has(fn)) {
    toldOfPoison.add(fn);
    context.log.warning(warning);
  }
  return 'failed';
}

function queueName(binding: BindingDefinition, context: HostContext): string {
  const given = binding.queueName;
  if (typeof given !== 'string' || given === '')
    throw new FunctionIndexingError("The queue trigger has no 'queueName'.");
  let name: string;
  try {
    // The extension lower-cases names before it checks them.
    name = resolveSettings(context.settings, given).toLowerCase();
  } catch (error) {
    throw new FunctionIndexingError((error as Error).message);
  }
  if (name.length < 3 || name.length > 63 || !QUEUE_NAME.test(name)) {
    throw new FunctionIndexingError(
      `'${name}' is no queue name: 3 to 63 lower-case letters, digits and single dashes, beginning and ending with a letter or digit.`,
    );
  }
  return name;
}

function connectionOf(binding: BindingDefinition, context: HostContext): StorageConnection {
  const name = binding.connection;
  return storageConnection(context.settings, typeof name === 'string' ? name : undefined);
}
