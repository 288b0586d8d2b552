/** Names within the container of quarantine, and what the metadata of a blob there says. */
import { sha256Hex } from '../digest';
import { versionId } from '../blob-events/blob-event';
import { HELD_PREFIX } from '../storage-layout';
import type { DocumentSource } from './document';

/** Of a blob's name. */
const LONGEST_PART = 200;
const OURS = 'sluice_';
const HELD_AT = `${OURS}held_at`;
const SOURCE = `${OURS}source`;

/** Where a version that is refused is held: the same name whoever takes it in, and however often. */
export function heldName(account: string, { container, blob, etag }: DocumentSource): string {
  const leaf = blob.slice(blob.lastIndexOf('/') + 1).slice(-LONGEST_PART);
  return `${HELD_PREFIX}${versionId(account, container, blob, etag)}-${leaf}`;
}

/** Where it is noted that a content is let through under this name, whatever the rules say of it. */
export function releaseMark(container: string, name: string, sha256: string): string {
  return `released/${sha256Hex([container, name, sha256].join('\n'))}`;
}

/** The source's own, and what became of it. Values are ASCII, as headers want it. */
export function heldMetadata(
  own: Readonly<Record<string, string>>,
  { container, blob, etag }: DocumentSource,
  { rule, reason, heldAtMs }: { readonly rule: string; readonly reason: string; readonly heldAtMs: number },
): Readonly<Record<string, string>> {
  return {
    ...own,
    [SOURCE]: sourceText(container, blob),
    sluice_source_etag: etag.replaceAll('"', ''),
    sluice_rule: rule,
    sluice_reason: encodeURIComponent(reason).slice(0, 1_000),
    [HELD_AT]: new Date(heldAtMs).toISOString(),
  };
}

/** As the source had it. */
export function ownMetadata(held: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(Object.entries(held).filter(([key]) => !key.startsWith(OURS)));
}

/** Milliseconds since the epoch; undefined where it does not say. */
export function heldAt(metadata: Readonly<Record<string, string>>): number | undefined {
  const at = Date.parse(metadata[HELD_AT] ?? '');
  return Number.isNaN(at) ? undefined : at;
}

/** Whether it is this blob that is held there. */
export function isHeldFrom(metadata: Readonly<Record<string, string>>, container: string, name: string): boolean {
  return metadata[SOURCE] === sourceText(container, name);
}

function sourceText(container: string, name: string): string {
  return encodeURIComponent(`${container}/${name}`).slice(0, 4_000);
}
