import type { CountTokens } from '../../domain/ingestion/chunk';
import { BytePairMerge } from './byte-pair-merge';
import { pieceEnd } from './cl100k-pieces';
import { MergedPieces } from './merged-pieces';
import { Vocabulary } from './vocabulary';

/** Bytes; of a longer piece the parts are counted, which may come to a token more or less for each. Nothing that is read has such words. */
const LONGEST_PIECE = 2 * 1024;

let vocabulary: Vocabulary | undefined;

/**
 * Counts tokens as `cl100k_base` does, the encoding of Azure OpenAI's embedding models (text-embedding-3-small and -large, and
 * ada-002). Special tokens are counted as the text that they are. The vocabulary is read with the first text (some 60 ms, 3 MiB)
 * and shared. Time grows with the length of the text, with words of any length too.
 */
export function createCl100kCounter(): CountTokens {
  let counter: PieceCounter | undefined;
  return (text) => {
    counter ??= new PieceCounter((vocabulary ??= readVocabulary()));
    let tokens = 0;
    for (let start = 0; start < text.length;) {
      const end = pieceEnd(text, start);
      tokens += counter.count(text, start, end);
      start = end;
    }
    return tokens;
  };
}

class PieceCounter {
  readonly #pairs: BytePairMerge;
  readonly #merged = new MergedPieces();
  #bytes = new Uint8Array(256);

  constructor(private readonly vocabulary: Vocabulary) {
    this.#pairs = new BytePairMerge(vocabulary);
  }

  count(text: string, start: number, end: number): number {
    let tokens = 0;
    for (let from = start; from < end;) {
      const to = partEnd(text, from, end);
      const length = this.#encode(text, from, to);
      tokens += length < 2 || this.vocabulary.rank(this.#bytes, 0, length) >= 0 ? 1 : this.#merge(length);
      from = to;
    }
    return tokens;
  }

  #merge(length: number): number {
    const known = this.#merged.find(this.#bytes, length);
    if (known > 0) return known;
    const tokens = this.#pairs.count(this.#bytes, length);
    this.#merged.add(this.#bytes, length, tokens);
    return tokens;
  }

  /** UTF-8 of a part of the text, into `#bytes`; half a surrogate pair becomes U+FFFD. Answers its length. */
  #encode(text: string, from: number, to: number): number {
    if ((to - from) * 3 > this.#bytes.length) this.#bytes = new Uint8Array((to - from) * 4);
    const bytes = this.#bytes;
    let length = 0;
    for (let at = from; at < to; at++) {
      const code = text.charCodeAt(at);
      if (code < 0x80) bytes[length++] = code;
      else if (code < 0x800) {
        bytes[length++] = 0xc0 | (code >> 6);
        bytes[length++] = 0x80 | (code & 0x3f);
      } else if ((code & 0xf800) !== 0xd800) {
        bytes[length++] = 0xe0 | (code >> 12);
        bytes[length++] = 0x80 | ((code >> 6) & 0x3f);
        bytes[length++] = 0x80 | (code & 0x3f);
      } else {
        const point = text.codePointAt(at) ?? 0;
        const isPair = point > 0xffff && at + 1 < to;
        if (isPair) {
          at++;
          bytes[length++] = 0xf0 | (point >> 18);
          bytes[length++] = 0x80 | ((point >> 12) & 0x3f);
          bytes[length++] = 0x80 | ((point >> 6) & 0x3f);
          bytes[length++] = 0x80 | (point & 0x3f);
        } else {
          bytes[length++] = 0xef;
          bytes[length++] = 0xbf;
          bytes[length++] = 0xbd;
        }
      }
    }
    return length;
  }
}

/** So much of a piece as is counted at once; never half a pair. */
function partEnd(text: string, from: number, end: number): number {
  const most = from + LONGEST_PIECE / 3;
  if (end <= most) return end;
  const to = Math.floor(most);
  return (text.charCodeAt(to - 1) & 0xfc00) === 0xd800 ? to - 1 : to;
}

function readVocabulary(): Vocabulary {
  const { bpe_ranks: ranks } = require('js-tiktoken/ranks/cl100k_base') as { readonly bpe_ranks: string };
  return new Vocabulary(ranks);
}
