/** From the text of a manifest to its documents, with the line of each field for messages. */
import { LineCounter, isMap, isScalar, parseAllDocuments, type Document } from 'yaml';

export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

export interface ManifestDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** `FILE:LINE` of the field at this path, or of its nearest parent that is there; a field that is named wrongly has its own. */
  where(path: readonly PropertyKey[]): string;
}

/** A manifest is written by hand; what is larger is no manifest. */
const LARGEST = 1024 * 1024;

/** @returns the documents, or what is wrong with the file */
export function readDocuments({ name, text }: ManifestFile): {
  readonly documents: readonly ManifestDocument[];
  readonly problems: readonly string[];
} {
  if (text.length > LARGEST) return { documents: [], problems: [`${name}: over 1 MiB; that is no scale manifest.`] };
  const lines = new LineCounter();
  const parsed = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  const documents: ManifestDocument[] = [];
  const problems: string[] = [];
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const at = (offset: number): string => `${name}:${lines.linePos(offset).line}`;
    for (const error of document.errors) problems.push(`${at(error.pos[0])}: this is no YAML: ${error.message}`);
    if (document.errors.length > 0) continue;
    let value: unknown;
    try {
      value = document.toJS();
    } catch (error) {
      problems.push(`${at(document.range[0])}: ${error instanceof Error ? error.message : String(error)}`);
      continue;
    }
    if (value === null || value === undefined) continue;
    if (typeof value !== 'object' || Array.isArray(value))
      problems.push(`${at(document.range[0])}: a document must be a Kubernetes object with apiVersion and kind.`);
    else
      documents.push({
        value: value as Record<string, unknown>,
        where: (path) => at(offsetOf(document, path)),
      });
  }
  return { documents, problems };
}

function offsetOf(document: Document.Parsed, path: readonly PropertyKey[]): number {
  for (let length = path.length; length > 0; length--) {
    const parent: unknown = length === 1 ? document.contents : document.getIn(path.slice(0, length - 1), true);
    const key = path[length - 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === String(key));
      if (pair && isScalar(pair.key) && pair.key.range) return pair.key.range[0];
    }
    const node: unknown = document.getIn(path.slice(0, length), true);
    const { range } = (node ?? {}) as { range?: readonly number[] };
    if (range?.[0] !== undefined) return range[0];
  }
  const contents = document.contents as { readonly range?: readonly number[] | null } | null;
  return contents?.range?.[0] ?? 0;
}
