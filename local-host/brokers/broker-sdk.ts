/**
 * The clients of message brokers, loaded when a function that needs one starts: an app without such functions pays nothing
 * for them.
 */
import { createRequire } from 'node:module';
import type * as EventHubs from '@azure/event-hubs';
import type * as EventHubsCheckpoints from '@azure/eventhubs-checkpointstore-blob';
import type * as Amqp from 'amqplib';
import type * as Kafka from 'kafkajs';
import { loosenTokenRenewals } from './token-renewals';

const load = createRequire(__filename);

export const amqpSdk = (): typeof Amqp => load('amqplib') as typeof Amqp;
export const kafkaSdk = (): typeof Kafka => load('kafkajs') as typeof Kafka;
export const eventHubsSdk = (): typeof EventHubs => {
  loosenTokenRenewals(load);
  return load('@azure/event-hubs') as typeof EventHubs;
};
export const eventHubsCheckpointSdk = (): typeof EventHubsCheckpoints =>
  load('@azure/eventhubs-checkpointstore-blob') as typeof EventHubsCheckpoints;

export function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // Several addresses of one name were tried, each with its own reason.
  if (error instanceof AggregateError) return error.errors.map(messageOf).join('; ');
  return error.message === '' ? ((error as NodeJS.ErrnoException).code ?? error.name) : error.message;
}
