/** Writes within one partition, in batches that the service takes (https://learn.microsoft.com/azure/cosmos-db/concepts-limits). */
import { setTimeout as delay } from 'node:timers/promises';
import type { Container, OperationInput, OperationResponse } from '@azure/cosmos';

const MOST_OPERATIONS = 100;
/** Of 2 MB, with room for what frames the operations. */
const MOST_BYTES = 1_800_000;
/** Batches that were told to come later are sent again this often; the client itself sees to answers of 429 as a whole. */
const TRIES = 6;

export function batchesOf(operations: readonly OperationInput[]): OperationInput[][] {
  const batches: OperationInput[][] = [];
  let [batch, bytes]: [OperationInput[], number] = [[], 0];
  for (const operation of operations) {
    const own = Buffer.byteLength(JSON.stringify(operation));
    if (batch.length === MOST_OPERATIONS || (batch.length > 0 && bytes + own > MOST_BYTES)) {
      batches.push(batch);
      [batch, bytes] = [[], 0];
    }
    batch.push(operation);
    bytes += own;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/**
 * Sends one batch, which is done as a whole or not at all.
 *
 * @returns `missing`: it deletes something that is not there, and nothing was done.
 * @throws Error for every other failure, and when the service was still busy after some time.
 */
export async function sendBatch(
  container: Container,
  operations: OperationInput[],
  partition: string[],
): Promise<'done' | 'missing'> {
  for (let left = TRIES; ; left--) {
    const { result = [], code } = await container.items.batch(operations, partition);
    const failed = result.filter(({ statusCode }) => statusCode >= 400 && statusCode !== 424);
    if (failed.length === 0 && (code ?? 200) < 400) return 'done';
    if (failed.length > 0 && failed.every(({ statusCode }) => statusCode === 404)) return 'missing';
    if (left <= 1 || !isBusy(failed, code))
      throw new Error(
        `Cosmos DB answered a batch of ${operations.length} operations with ${failed.map(({ statusCode }) => statusCode).join(', ') || String(code)}.`,
      );
    await delay(waitOf(failed));
  }
}

function isBusy(failed: readonly OperationResponse[], code: number | undefined): boolean {
  return code === 429 || (failed.length > 0 && failed.every(({ statusCode }) => statusCode === 429));
}

function waitOf(failed: readonly OperationResponse[]): number {
  const asked = failed.map((each) => (each as { retryAfterMilliseconds?: number }).retryAfterMilliseconds ?? 0);
  return Math.min(Math.max(100, ...asked), 10_000);
}
