/** Kafka trigger: one {@link KafkaGroupMember} per function. */
import type { BindingDefinition, FunctionDefinition } from '../../function-definition';
import { FunctionIndexingError, type HostContext, type TriggerPlugin } from '../../plugin';
import { kafkaAddress, kafkaClient, secureText } from '../../brokers/kafka-client';
import { kafkaTrouble } from '../../brokers/kafka-trouble';
import { traceOf } from '../../brokers/trace-context';
import { KafkaGroupMember } from './consumer';
import { batched, oneByOne } from './dispatcher';
import { batchInput, batchMetadata, eventForm, singleInput, singleMetadata, type KafkaEvent } from './event-data';
import { FunctionRuns } from './function-runs';
import { kafkaTriggerSettings } from './settings';

const REASON = '(null)';
/** The member's own loop decides how long to try. */
const CLIENT_RETRIES = 2;

/**
 * Trigger `kafkaTrigger`. Options `brokerList`, `topic`, `consumerGroup`, `cardinality`, `dataType`, `keyDataType`,
 * `protocol`, `authenticationMode`, `username`, `password`, `ssl…`, `eventHubConnectionString`.
 */
export const kafkaTrigger: TriggerPlugin = {
  type: 'kafkatrigger',
  check(_fn, binding, context) {
    kafkaAddress(binding, context);
    kafkaTriggerSettings(context);
    isMany(binding);
  },
  async start(fn, binding, context) {
    const address = kafkaAddress(binding, context);
    const settings = kafkaTriggerSettings(context);
    const { clock, log } = context;
    const { run } = new FunctionRuns({
      ...{ settings, log, topic: address.topic, functionName: fn.name },
      invoke: (events) => invoke(fn, binding, context, events),
    });
    const member = new KafkaGroupMember({
      ...{ settings, clock, log, topic: address.topic, functionName: fn.name },
      kafka: kafkaClient(address, context, CLIENT_RETRIES),
      explain: (error) => kafkaTrouble(error, address.client),
      groupId: secureText(binding, 'consumerGroup', context) ?? '$Default',
      dispatcher: isMany(binding) ? batched(run, settings.maxBatchSize) : oneByOne(run),
    });
    member.start();
    return member;
  },
};

async function invoke(
  fn: FunctionDefinition,
  binding: BindingDefinition,
  context: HostContext,
  events: readonly KafkaEvent[],
): Promise<boolean> {
  const form = eventForm(binding['dataType'], binding['keyDataType']);
  const [first] = events;
  if (first === undefined) return true;
  const many = isMany(binding);
  const { headers } = first.message;
  // A run for several events belongs to several traces, hence to none.
  const traceContext = many ? undefined : traceOf(headers?.['traceparent'], headers?.['tracestate']);
  const { error } = await context.invoke(fn, {
    input: many ? batchInput(events, form) : singleInput(first, form),
    triggerMetadata: many ? batchMetadata(events, form) : singleMetadata(first, form),
    reason: REASON,
    ...(traceContext ? { traceContext } : {}),
  });
  return error === undefined;
}

function isMany(binding: BindingDefinition): boolean {
  const { cardinality } = binding;
  const word = typeof cardinality === 'string' ? cardinality.toLowerCase() : '';
  if (word === 'many' || word === 'one' || word === '') return word === 'many';
  throw new FunctionIndexingError(
    `'cardinality' of binding '${binding.name}' is '${String(cardinality)}'; it must be ONE or MANY.`,
  );
}
