import { parseBlobEvent } from '../../domain/blob-events/blob-event';
import { fromEnvelope } from '../../domain/blob-events/delivery';
import { ledgerKey } from '../../domain/blob-events/ledger-key';
import type { BlobEventLedger } from '../../ports/blob-event-ledger';
import type { Clock } from '../../ports/clock';

/**
 * Lets a version rest whose message the host gave up: a dead letter stands for it, so the scan does not publish it again. A message
 * that names no version is left alone.
 */
export type RestPoisoned = (raw: string) => Promise<void>;

export function createRestPoisoned(ledger: Pick<BlobEventLedger, 'rest'>, clock: Clock): RestPoisoned {
  return async (raw) => {
    const { headers, text } = fromEnvelope(raw);
    const parsed = parseBlobEvent(text);
    if (parsed.kind !== 'move' || headers.etag === undefined) return;
    await ledger.rest(ledgerKey(parsed.move.name), headers.etag, clock.now());
  };
}
