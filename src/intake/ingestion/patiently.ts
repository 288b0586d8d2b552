import { messageOf, type Logger } from '../../telemetry/logger';

const TRIES = 7;
const FIRST_WAIT_MS = 1_000;

/**
 * Does it again when it fails, 1, 2, 4 … 32 s apart: the host's own tries of a blob follow each other at once, and would be over before
 * storage is back after a minute. Rejects with the last failure.
 */
export async function patiently<T>(
  { sleep, logger }: { readonly sleep: (ms: number) => Promise<void>; readonly logger: Logger },
  what: string,
  work: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (attempt === TRIES) throw error;
      logger.warn(`${what} failed; trying again`, { pipeline: 'ingestion', attempt, reason: messageOf(error) });
      await sleep(FIRST_WAIT_MS * 2 ** (attempt - 1));
    }
  }
}
