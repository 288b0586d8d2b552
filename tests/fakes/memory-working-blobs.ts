import type { WorkingBlobs } from '../../src/ports/working-blobs';

/** {@link WorkingBlobs} in memory. */
export function memoryWorkingBlobs(now: () => number = Date.now): WorkingBlobs & {
  readonly all: Map<string, Buffer>;
} {
  const all = new Map<string, Buffer>();
  const versions = new Map<string, { readonly etag: string; readonly writtenAtMs: number }>();
  let counter = 0;
  return {
    all,
    put: async (name, bytes) => {
      all.set(name, Buffer.from(bytes));
      versions.set(name, { etag: `"${++counter}"`, writtenAtMs: now() });
    },
    read: async (name, part) => {
      const found = all.get(name);
      return part && found ? found.subarray(part.from, part.from + part.length) : found;
    },
    remove: async (name) => void all.delete(name),
    async *list(prefix) {
      const names = [...all.keys()].filter((name) => name.startsWith(prefix)).sort();
      // Small pages, so that there is more than one.
      for (let at = 0; at < names.length; at += 3)
        yield names.slice(at, at + 3).map((name) => ({ name, ...versions.get(name)! }));
    },
    async removeVersion({ name, etag }) {
      return versions.get(name)?.etag === etag && all.delete(name);
    },
  };
}
