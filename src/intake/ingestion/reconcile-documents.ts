/**
 * Removes documents whose blob is gone (T2). The listing of the container and that of the documents are read side by side, both in
 * the order of names, a page of each in memory. Storage and store may order some names differently; so a document that the listing
 * seems to leave out is asked for by itself before it is removed.
 */
import type { BlobListing } from '../../ports/blob-listing';
import type { BlobStore } from '../../ports/blob-store';
import type { DocumentStore, StandingDocument } from '../../ports/document-store';
import type { Orchestrations } from '../../ports/orchestrations';
import { spans } from '../../telemetry/names';
import { inSpan } from '../../telemetry/tracing';
import type { ForgetDocument } from './forget-document';

export interface ReconcileReport {
  readonly documents: number;
  readonly forgotten: number;
}

export type ReconcileDocuments = (orchestrations: Orchestrations) => Promise<ReconcileReport>;

const PAGE = 500;

export function createReconcileDocuments(
  ports: {
    readonly listing: BlobListing;
    readonly blobs: Pick<BlobStore, 'describe'>;
    readonly store: Pick<DocumentStore, 'list'>;
    readonly forget: ForgetDocument;
  },
  { container }: { readonly container: string },
): ReconcileDocuments {
  return (orchestrations) =>
    inSpan(spans.reconcile, {}, async () => {
      let documents = 0;
      let forgotten = 0;
      let project: string | undefined;
      let names = new NameCursor(ports.listing, container);
      for await (const standing of all()) {
        const { source, projectId } = standing.record;
        if (source?.container !== container) continue;
        documents++;
        // Names begin anew with each project.
        if (project !== undefined && project !== projectId) {
          await names.end();
          names = new NameCursor(ports.listing, container);
        }
        project = projectId;
        if (await names.has(source.blob)) continue;
        if (await ports.blobs.describe({ container, name: source.blob })) continue;
        await ports.forget(standing, orchestrations);
        forgotten++;
      }
      await names.end();
      return { documents, forgotten };
    });

  async function* all(): AsyncGenerator<StandingDocument> {
    let after: string | undefined;
    do {
      const page = await ports.store.list(undefined, PAGE, after);
      yield* page.documents;
      after = page.next;
    } while (after !== undefined);
  }
}

/** Goes through a listing as far as it is asked for. */
class NameCursor {
  readonly #pages: AsyncIterator<readonly { readonly name: string }[]>;
  #page: readonly { readonly name: string }[] = [];
  #at = 0;
  #ended = false;

  constructor(listing: BlobListing, container: string) {
    this.#pages = listing.pages(container)[Symbol.asyncIterator]();
  }

  /** Names must be asked for in rising order; then false means that the listing has none like it, if it is in that order too. */
  async has(name: string): Promise<boolean> {
    for (;;) {
      const next = this.#page[this.#at]?.name;
      if (next === name) return true;
      if (next !== undefined) {
        if (next > name) return false;
        this.#at++;
      } else if (!(await this.#turn())) return false;
    }
  }

  async end(): Promise<void> {
    if (!this.#ended) await this.#pages.return?.();
    this.#ended = true;
  }

  async #turn(): Promise<boolean> {
    if (this.#ended) return false;
    const next = await this.#pages.next();
    if (next.done === true) {
      this.#ended = true;
      return false;
    }
    this.#page = next.value;
    this.#at = 0;
    return true;
  }
}
