/** `rabbitmq`: the length of a queue, by the management plugin's HTTP API or by AMQP. */
import type { MetricSource } from '../metric-source';
import type { Parameters } from './parameters';
import { RabbitAmqpQueue } from './rabbitmq-amqp';
import { RabbitManagedQueue } from './rabbitmq-http';
import type { QueueLength } from './rabbitmq-queue-length';
import type { SourcePlugin } from './source-plugin';

const DEFAULT_LENGTH = 20;

/**
 * Mode `QueueLength` alone. By HTTP `excludeUnacknowledged` leaves out what is being worked on, which AMQP always does. The
 * figures of the management plugin are up to 5 s old (`collect_statistics_interval`).
 */
export const rabbitmq: SourcePlugin = {
  type: 'rabbitmq',
  parameters: [
    ...['queueName', 'mode', 'value', 'queueLength', 'activationValue', 'host', 'protocol', 'vhostName'],
    ...['excludeUnacknowledged', 'unsafeSsl', 'timeout', 'useRegex', 'pageSize', 'operation'],
    ...['username', 'password', 'ca', 'cert', 'key', 'keyPassword', 'tls', 'workloadIdentityResource'],
  ],
  create(parameters): MetricSource {
    parameters.refuse(['useRegex', 'tls', 'workloadIdentityResource', 'ca', 'cert']);
    const queueName = parameters.required('queueName');
    const target = targetOf(parameters);
    const activation = parameters.number('activationValue', 0) ?? 0;
    const host = hostOf(parameters);
    const http = isHttp(parameters, host);
    const readyOnly = parameters.flag('excludeUnacknowledged');
    if (readyOnly && !http)
      throw new Error(
        'metadata.excludeUnacknowledged goes with the protocol http alone; AMQP counts ready messages anyway.',
      );
    const vhost = parameters.text('vhostName');
    const trustAnyCertificate = parameters.flag('unsafeSsl');
    const length: QueueLength = http
      ? new RabbitManagedQueue({ host, vhost, queueName, readyOnly, trustAnyCertificate })
      : new RabbitAmqpQueue({ host, vhost, queueName, trustAnyCertificate });
    return {
      what: `${readyOnly || !http ? 'ready ' : ''}messages in queue '${queueName}'`,
      target,
      async read(signal) {
        const value = await length.count(signal);
        return { value, active: value > activation };
      },
      close: () => length.close(),
    };
  },
};

/** `value` with mode `QueueLength`, or the older `queueLength`; 20 messages when neither is given. */
function targetOf(parameters: Parameters): number {
  const mode = parameters.text('mode');
  const value = parameters.number('value', 0);
  const older = parameters.number('queueLength', 0);
  if (older !== undefined && (mode !== undefined || value !== undefined))
    throw new Error('metadata.queueLength is the older name of value; give mode and value alone.');
  if (mode !== undefined && mode !== 'QueueLength')
    throw new Error(`metadata.mode is '${mode}'; QueueLength alone is reckoned here.`);
  if (value !== undefined && mode === undefined) throw new Error('metadata.mode is missing beside value.');
  if (mode !== undefined && value === undefined) throw new Error('metadata.value is missing beside mode.');
  const target = value ?? older ?? DEFAULT_LENGTH;
  if (target < 0.001) throw new Error('metadata.value must be more than 0.');
  return target;
}

function hostOf(parameters: Parameters): URL {
  const text = parameters.required('host');
  let host: URL;
  try {
    host = new URL(text);
  } catch {
    // The text may hold a password.
    throw new Error('the host is no address such as http://user:password@localhost:15672/vhost.');
  }
  if ([host.username, host.password].some((part) => !isDecodable(part)))
    throw new Error('the user or password in the host holds a % that is not written as %25.');
  const [username, password] = [parameters.text('username'), parameters.text('password')];
  if ((username === undefined) !== (password === undefined))
    throw new Error('username and password must be given together.');
  if (username !== undefined && password !== undefined) {
    host.username = encodeURIComponent(username);
    host.password = encodeURIComponent(password);
  }
  return host;
}

function isDecodable(part: string): boolean {
  try {
    return typeof decodeURIComponent(part) === 'string';
  } catch {
    return false;
  }
}

/** By the protocol, or by the host's scheme with `auto`. Both must agree: a host of the other kind is a wrong setting. */
function isHttp(parameters: Parameters, { protocol: scheme }: URL): boolean {
  const protocol = parameters.word('protocol', ['auto', 'http', 'amqp'], 'auto');
  const kind = /^https?:$/.test(scheme) ? 'http' : /^amqps?:$/.test(scheme) ? 'amqp' : undefined;
  if (kind === undefined || (protocol !== 'auto' && protocol !== kind))
    throw new Error(
      `the host begins with '${scheme}//'; with protocol ${protocol} it must begin with ${protocol === 'auto' ? 'http:// or amqp://' : `${protocol}://`}.`,
    );
  return kind === 'http';
}
