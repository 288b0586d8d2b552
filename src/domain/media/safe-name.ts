/**
 * Blob name for an uploaded file: readable, safe in URLs, shells and file systems, at most 140 characters, and never equal to
 * another's because it carries `unique` (8 or more characters, from the caller, since this file is pure).
 *
 * Only the last segment of a path counts, so `../x` or `C:\dir\x` cannot leave their place. Accents are folded; letters and
 * digits of other scripts stay; control, separator and format characters (bidi overrides among them) become `-`.
 */
export function safeBlobName(fileName: string, unique: string): string {
  const last = fileName.slice(-4096).split(/[/\\]/).pop() ?? '';
  const cleaned = last
    .normalize('NFKD')
    .replace(/\p{M}+/gu, '')
    .normalize('NFC')
    .replace(/[^\p{L}\p{N}._-]+/gu, '-')
    .replace(/\.{2,}/g, '.')
    .replace(/-{2,}/g, '-')
    .replace(/^[-._]+|[-._]+$/g, '');
  const dot = cleaned.lastIndexOf('.');
  const extension = dot > 0 ? cleaned.slice(dot).toLowerCase() : '';
  const keptExtension = /^\.[a-z0-9]{1,10}$/.test(extension) ? extension : '';
  const stem = keptExtension ? cleaned.slice(0, dot) : cleaned;
  const shortened = [...stem]
    .slice(0, 100)
    .join('')
    .replace(/[-._]+$/, '');
  return `${shortened || 'file'}-${unique}${keptExtension}`;
}
