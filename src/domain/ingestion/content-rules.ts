import { decodeText, type Decoded } from './decode-text';
import { fileSignature, SIGNATURE_BYTES } from './file-signature';
import { findSecrets } from './secret-rules';

/** Why a content is not taken in. Never says the secret itself. */
export interface ContentFinding {
  /** `executable`, `disguised`, `binary`, `control-characters`, or a secret's (`SECRET_RULES`). */
  readonly rule: string;
  /** From 1; undefined where it is about the whole. */
  readonly line?: number;
  /** A sentence: what was found, and where it helps what to do. */
  readonly detail: string;
}

export type Inspected =
  | { readonly kind: 'clean'; readonly decoded: Decoded & { readonly kind: 'text' } }
  /** `decoded`: the text that it is nevertheless; undefined where it is none. */
  | {
      readonly kind: 'quarantine';
      readonly findings: readonly [ContentFinding, ...ContentFinding[]];
      readonly decoded?: Decoded & { readonly kind: 'text' };
    };

/** Findings that are told; there may be more. */
const MOST_FINDINGS = 20;
/** Of control characters other than tabs, line and form feeds, and those of terminal colours. */
const MOST_CONTROL = 0.01;
const SAMPLE = 1024 * 1024;

/**
 * Decodes a file and looks for what must not be in a text that everybody can search: programs, archives and other binaries under a
 * text's name, control characters, keys and tokens. By rules alone: a clean content has none of these forms, and no more is
 * promised.
 */
export function inspectContent(bytes: Uint8Array): Inspected {
  const signature = fileSignature(bytes.subarray(0, SIGNATURE_BYTES));
  if (signature) {
    const rule = signature.kind === 'executable' ? 'executable' : 'disguised';
    return { kind: 'quarantine', findings: [{ rule, detail: `By its first bytes it is ${signature.name}.` }] };
  }
  const decoded = decodeText(bytes);
  if (decoded.kind === 'binary') return { kind: 'quarantine', findings: [{ rule: 'binary', detail: decoded.reason }] };
  const [first, ...others] = contentFindings(decoded.text);
  return first ? { kind: 'quarantine', findings: [first, ...others], decoded } : { kind: 'clean', decoded };
}

/** What the rules find in a text, in the order of its lines; one finding for each rule and line, 20 at most. */
export function contentFindings(text: string): ContentFinding[] {
  const findings: ContentFinding[] = [];
  const sample = text.slice(0, SAMPLE);
  const controls = controlCharacters(sample);
  if (controls > Math.max(3, sample.length * MOST_CONTROL))
    findings.push({
      rule: 'control-characters',
      detail: `${controls} of the first ${sample.length} characters are control characters, more than text has.`,
    });
  const secrets = [...firstOf(findSecrets(text), MOST_FINDINGS * 10)].sort((a, b) => a.at - b.at);
  const lines = new LineNumbers(text);
  for (const { rule, at } of secrets) {
    const line = lines.at(at);
    if (findings.length >= MOST_FINDINGS) break;
    if (findings.some((finding) => finding.rule === rule.id && finding.line === line)) continue;
    findings.push({ rule: rule.id, line, detail: `Line ${line} holds what looks like ${rule.name}.` });
  }
  return findings;
}

function controlCharacters(text: string): number {
  let found = 0;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x7f || (code < 0x20 && !(code >= 0x09 && code <= 0x0d && code !== 0x0b)))
      if (code !== 0x1b || text.charAt(at + 1) !== '[') found++;
  }
  return found;
}

function* firstOf<T>(items: Iterable<T>, most: number): Generator<T> {
  let taken = 0;
  for (const item of items) {
    yield item;
    if (++taken >= most) return;
  }
}

/** Line numbers of places in rising order; the text is read once. */
class LineNumbers {
  #line = 1;
  #from = 0;

  constructor(private readonly text: string) {}

  at(place: number): number {
    for (
      let end = this.text.indexOf('\n', this.#from);
      end >= 0 && end < place;
      end = this.text.indexOf('\n', this.#from)
    ) {
      this.#line++;
      this.#from = end + 1;
    }
    return this.#line;
  }
}
