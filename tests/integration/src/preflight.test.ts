/** What is said of a broker of blob events that cannot be reached: what it is, and where to look. */
import { loadConfig } from '../../../src/config/config';
import { checkBlobEvents } from '../../../src/preflight';
import { freePorts } from '../../drivers/free-ports';

async function reasonFor(settings: Readonly<Record<string, string>>): Promise<string> {
  const loaded = loadConfig({ PIPELINES: 'blob-events', ...settings });
  if (!loaded.ok) throw new Error(JSON.stringify(loaded.problems));
  const result = await checkBlobEvents(loaded.config);
  if (result.ok) throw new Error('It was reached.');
  return result.reasons.join('\n');
}

it('names RABBITMQ_URL for RabbitMQ, and AzureWebJobsStorage for the storage queue', async () => {
  const [port = 0] = await freePorts(1);
  const address = `http://127.0.0.1:${port}/acme`;
  const AzureWebJobsStorage = `AccountName=acme;AccountKey=a2V5;BlobEndpoint=${address};QueueEndpoint=${address};TableEndpoint=${address};`;
  expect(await reasonFor({ AzureWebJobsStorage, RABBITMQ_URL: `amqp://guest:secret@127.0.0.1:${port}` })).toMatch(
    /^The RabbitMQ 127\.0\.0\.1:\d+ cannot be used for blob events: .*ECONNREFUSED.*\. Check RABBITMQ_URL [^]*$/,
  );
  const storage = await reasonFor({ AzureWebJobsStorage });
  expect(storage).toMatch(
    /^Storage account acme by connection string .*ECONNREFUSED.* Check the address in AzureWebJobsStorage/,
  );
  expect(storage).not.toContain('RABBITMQ');
});
