import { INGESTION_REPLAY_QUEUE } from '../../src/domain/storage-layout';
import { eachBounded } from '../../src/intake/orders/bounded';
import type { BlobListing } from '../../src/ports/blob-listing';
import type { MessageQueue } from '../../src/ports/message-queue';

const AT_ONCE = 16;

/** Asks for each blob of the container to be taken in again; what is ingested as it would be now costs a look. Gives how many. */
export async function announceBlobs(
  { listing, queue }: { readonly listing: BlobListing; readonly queue: MessageQueue },
  container: string,
  prefix: string,
): Promise<number> {
  let announced = 0;
  for await (const page of listing.pages(container)) {
    const wanted = page.filter(({ name }) => name.startsWith(prefix));
    await eachBounded(wanted, AT_ONCE, ({ name }) =>
      queue.send(INGESTION_REPLAY_QUEUE, JSON.stringify({ container, name })),
    );
    announced += wanted.length;
  }
  return announced;
}
