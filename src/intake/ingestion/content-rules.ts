import { inspectContent } from '../../domain/ingestion/content-rules';
import { decodingRemark, type Decoded } from '../../domain/ingestion/decode-text';
import { earlyRejection } from '../../domain/ingestion/early-rejection';
import type { ContentRules, ReadableText } from './ingest-blob';

/** What a blob may be (T1), by the rules of the domain. `extensions`: with their dot. */
export function createContentRules(settings: {
  readonly maxBytes: number;
  readonly extensions: readonly string[];
}): ContentRules {
  const { maxBytes } = settings;
  const extensions = settings.extensions.map((ending) => ending.replace(/^\./, ''));
  return {
    early({ name, length, contentType }) {
      const rejection = earlyRejection({ name, size: length, contentType }, { maxBytes, extensions });
      return rejection && { reason: rejection.detail };
    },
    content(bytes) {
      const inspected = inspectContent(bytes);
      if (inspected.kind === 'quarantine') {
        const { findings, decoded } = inspected;
        const reason = findings.map(({ detail }) => detail).join(' ');
        const told = decoded ? { text: readableText(decoded) } : {};
        return { kind: 'refused', rule: findings[0].rule, reason, ...told };
      }
      const { decoded } = inspected;
      return decoded.text.trim() === '' ? { kind: 'empty' } : readableText(decoded);
    },
  };
}

function readableText(decoded: Decoded & { readonly kind: 'text' }): ReadableText {
  const remark = decodingRemark(decoded);
  return { kind: 'text', text: decoded.text, notes: remark === undefined ? [] : [remark] };
}
