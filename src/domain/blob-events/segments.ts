/**
 * Cuts a listing into segments whose borders depend on the names alone: a blob that comes or goes changes its own segment and
 * no other, so that what was found in order once can be told by a digest. Holds no more than one segment.
 */
export interface ListedBlob {
  readonly name: string;
  /** Bare. */
  readonly etag: string;
}

export interface Segment {
  /** The last name of the segment before; undefined for the first one. */
  readonly after: string | undefined;
  /** The last name of this one; undefined at the end of the listing. */
  readonly upTo: string | undefined;
  readonly blobs: readonly ListedBlob[];
}

/** A name in so many ends its segment. */
const AVERAGE = 1024;
const MOST = 4096;

export class SegmentCutter {
  #blobs: ListedBlob[] = [];
  #after: string | undefined;

  /** The segment that ends with this blob, if one does. */
  add(blob: ListedBlob): Segment | undefined {
    this.#blobs.push(blob);
    if (this.#blobs.length < MOST && hash32(blob.name) % AVERAGE !== 0) return undefined;
    const segment = { after: this.#after, upTo: blob.name, blobs: this.#blobs };
    this.#after = blob.name;
    this.#blobs = [];
    return segment;
  }

  /** What is left: from the last border to the end, also where no blob is there. */
  end(): Segment {
    return { after: this.#after, upTo: undefined, blobs: this.#blobs };
  }
}

/** FNV-1a over UTF-16 units. */
function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}
