/** What a file is by its first bytes, as far as it must not pass for text. */
export interface FileSignature {
  readonly kind: 'executable' | 'archive' | 'document' | 'image' | 'media' | 'database';
  /** As people call it. */
  readonly name: string;
}

/** Bytes in hexadecimal, at an offset; `..` is any byte. The longest first where one begins another. */
const SIGNATURES: readonly (readonly [offset: number, bytes: string, FileSignature['kind'], name: string])[] = [
  [0, '7f454c46', 'executable', 'an ELF program'],
  [0, 'feedface', 'executable', 'a Mach-O program'],
  [0, 'feedfacf', 'executable', 'a Mach-O program'],
  [0, 'cefaedfe', 'executable', 'a Mach-O program'],
  [0, 'cffaedfe', 'executable', 'a Mach-O program'],
  [0, 'cafebabe', 'executable', 'a Java class or Mach-O program'],
  [0, '0061736d', 'executable', 'a WebAssembly module'],
  [0, '6465780a3033', 'executable', 'an Android program'],
  [0, '504b0304', 'archive', 'a zip archive, or a document that is one (docx, xlsx, jar)'],
  [0, '504b0506', 'archive', 'an empty zip archive'],
  [0, '504b0708', 'archive', 'a part of a zip archive'],
  [0, '1f8b08', 'archive', 'a gzip archive'],
  [0, '425a68..314159265359', 'archive', 'a bzip2 archive'],
  [0, 'fd377a585a00', 'archive', 'an xz archive'],
  [0, '377abcaf271c', 'archive', 'a 7-Zip archive'],
  [0, '526172211a07', 'archive', 'a RAR archive'],
  [0, '28b52ffd', 'archive', 'a Zstandard archive'],
  [0, '04224d18', 'archive', 'an LZ4 archive'],
  [257, '757374617200', 'archive', 'a tar archive'],
  [257, '757374617220', 'archive', 'a tar archive'],
  [0, '4d53434600000000', 'archive', 'a cabinet'],
  [0, '213c617263683e0a', 'archive', 'an ar archive'],
  [0, 'edabeedb', 'archive', 'an RPM package'],
  [0, '255044462d', 'document', 'a PDF document'],
  [0, 'd0cf11e0a1b11ae1', 'document', 'an older Office document'],
  [0, '89504e470d0a1a0a', 'image', 'a PNG image'],
  [0, 'ffd8ff', 'image', 'a JPEG image'],
  [0, '474946383961', 'image', 'a GIF image'],
  [0, '474946383761', 'image', 'a GIF image'],
  [0, '52494646........57454250', 'image', 'a WebP image'],
  [0, '49492a00', 'image', 'a TIFF image'],
  [0, '4d4d002a', 'image', 'a TIFF image'],
  [0, '0000....66747970', 'media', 'an MP4 or HEIF file'],
  [0, '52494646........41564920', 'media', 'an AVI film'],
  [0, '52494646........57415645', 'media', 'a WAV sound'],
  [0, '1a45dfa3', 'media', 'a Matroska film'],
  [0, '4f67675300', 'media', 'an Ogg file'],
  [0, '664c614300', 'media', 'a FLAC sound'],
  [0, '49443302', 'media', 'an MP3 sound'],
  [0, '49443303', 'media', 'an MP3 sound'],
  [0, '49443304', 'media', 'an MP3 sound'],
  [0, '53514c69746520666f726d6174203300', 'database', 'an SQLite database'],
  [0, '5041523115', 'database', 'a Parquet file'],
];

/** Enough of a file for every signature. */
export const SIGNATURE_BYTES = 4096;

/** What the first bytes say; undefined when they may be those of a text. A script's `#!` is text. */
export function fileSignature(firstBytes: Uint8Array): FileSignature | undefined {
  const found = SIGNATURES.find(([offset, bytes]) => matches(firstBytes, offset, bytes));
  if (found) return { kind: found[2], name: found[3] };
  return isWindowsProgram(firstBytes) ? { kind: 'executable', name: 'a Windows program' } : undefined;
}

function matches(bytes: Uint8Array, offset: number, pattern: string): boolean {
  if (bytes.length < offset + pattern.length / 2) return false;
  for (let at = 0; at < pattern.length; at += 2) {
    const digits = pattern.slice(at, at + 2);
    if (digits !== '..' && bytes[offset + at / 2] !== Number.parseInt(digits, 16)) return false;
  }
  return true;
}

/** `MZ` may begin a text; the header that it points to, or a byte that is no text, tells. */
function isWindowsProgram(bytes: Uint8Array): boolean {
  if (bytes[0] !== 0x4d || bytes[1] !== 0x5a) return false;
  const header = (bytes[0x3c] ?? 0) | ((bytes[0x3d] ?? 0) << 8);
  if (bytes[header] === 0x50 && bytes[header + 1] === 0x45) return true;
  return bytes.subarray(0, 64).some((byte) => byte < 0x09);
}
