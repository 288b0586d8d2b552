/**
 * `npm run broker:declare`: makes the queues of blob events, and RabbitMQ's dead-letter exchange, where they are missing: the
 * Functions trigger declares nothing. Exit code 0 when all is there, 78 with the reason when not.
 */
import path from 'node:path';
import { checkBlobEvents, checkSettings, EX_CONFIG } from '../src/preflight';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { stateFolder, withRunningStorage } from './local/running-storage';

async function main(): Promise<number> {
  const root = path.resolve(__dirname, '..', '..');
  const environment = withRunningStorage(effectiveEnvironment(localSettings(root)), stateFolder(root));
  // Whatever this machine runs itself, the queues are what was asked for.
  const settings = checkSettings({ ...environment, PIPELINES: 'blob-events' });
  const result = settings.ok ? await checkBlobEvents(settings.config) : settings;
  if (!result.ok) {
    for (const reason of result.reasons) console.error(reason);
    return EX_CONFIG;
  }
  const { broker } = result.config.blobEvents;
  const where = broker.kind === 'rabbitmq' ? `RabbitMQ ${broker.describes}` : 'the storage account';
  console.log(`The queues of blob events are there: ${where}.`);
  return 0;
}

void main().then((code) => (process.exitCode = code));
