import type { SignatureReader } from '../../ports/signature';

/** {@link SignatureReader} by the `file-type` package, loaded with the first file (it is an ES module). */
export function createSignatureReader(): SignatureReader {
  return {
    async detect(firstBytes) {
      const { fileTypeFromBuffer } = await import('file-type');
      try {
        const found = await fileTypeFromBuffer(firstBytes);
        return found && { mime: found.mime, extension: found.ext };
      } catch {
        // A header that lies about lengths makes the parser run off the end: not a type we know.
        return undefined;
      }
    },
  };
}
