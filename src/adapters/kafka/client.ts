/** A Kafka client from our settings. The SDK is loaded at first use. */
import { readFileSync } from 'node:fs';
import type { Kafka } from 'kafkajs';
import type { KafkaAccess } from '../../config/order-backends';

const CONNECT_MS = 5_000;
const REQUEST_MS = 10_000;

/** @throws Error when the authority's file cannot be read */
export function kafkaClient({ brokers, protocol, credentials, authority }: KafkaAccess): Kafka {
  const sdk = require('kafkajs') as typeof import('kafkajs');
  const ca = authority && (authority.kind === 'pem' ? authority.value : readFileSync(authority.value, 'utf8'));
  return new sdk.Kafka({
    clientId: 'sluice-orders',
    brokers: [...brokers],
    ...(protocol.endsWith('ssl') ? { ssl: ca === undefined ? true : { ca } } : {}),
    ...(credentials ? { sasl: { mechanism: 'plain', ...credentials } } : {}),
    connectionTimeout: CONNECT_MS,
    requestTimeout: REQUEST_MS,
    // Whoever asked decides whether to ask again.
    retry: { retries: 1, initialRetryTime: 100, maxRetryTime: 1_000 },
    logLevel: sdk.logLevel.NOTHING,
  });
}
