/** A process with a Kafka trigger, to be killed at any point. Arguments: state folder, brokers, topic. */
import { kafkaTrigger } from '../../../../local-host/triggers/kafka';
import { definition, listenerHost } from '../storage/listener-host';

const [stateDir = '', brokerList = '', topic = ''] = process.argv.slice(2);

async function main(): Promise<void> {
  const { context } = listenerHost({
    stateDir,
    values: {},
    hostJson: { version: '2.0', extensions: { kafka: { sessionTimeoutMs: 4000 } } },
    answer: async ({ invocation }) => {
      const { Value } = JSON.parse((invocation.input as { string: string }).string) as { Value: string };
      await new Promise((resolve) => process.send?.(Value, resolve));
      return true;
    },
  });
  const binding = { name: 'k', type: 'kafkaTrigger', direction: 'trigger' } as const;
  await kafkaTrigger.start?.(
    definition('job'),
    { ...binding, topic, brokerList, consumerGroup: `${topic}-group` },
    context,
  );
}

void main();
