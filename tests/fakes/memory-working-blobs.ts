import type { WorkingBlobs } from '../../src/ports/working-blobs';

/** {@link WorkingBlobs} in memory. */
export function memoryWorkingBlobs(): WorkingBlobs & { readonly all: Map<string, Buffer> } {
  const all = new Map<string, Buffer>();
  return {
    all,
    put: async (name, bytes) => void all.set(name, Buffer.from(bytes)),
    read: async (name, part) => {
      const found = all.get(name);
      return part && found ? found.subarray(part.from, part.from + part.length) : found;
    },
    remove: async (name) => void all.delete(name),
  };
}
