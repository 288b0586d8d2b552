/**
 * One embedder for many callers with few texts each: what is asked for within a few milliseconds, or while all calls are under
 * way, goes in one call.
 * Invariants: 1. a text that is refused fails its own caller and no other; 2. a caller hears of trouble only from a call that had
 * a text of its own; 3. texts go in the order of their callers, save that a call is filled up with what fits; 4. callers with many
 * texts leave one of the calls at once to those with few, who so wait for each other only.
 */
import type { CountTokens } from '../../domain/ingestion/chunk';
import type { Embedder, EmbedResult } from '../../ports/embedder';

export interface SharedEmbeddingOptions {
  readonly countTokens: CountTokens;
  /** How long a call waits for company, in milliseconds. Default 5. */
  readonly waitMs?: number;
  /** Calls of the embedder under way at once; all but one (where there are two or more) for callers with many texts. Default 5. */
  readonly callsAtOnce?: number;
  /** Default: a timer. */
  readonly after?: (ms: number, work: () => void) => void;
}

/** Of the texts that a call takes: a caller with more of them is one with many. */
const FEW = 1 / 4;

interface Caller {
  readonly vectors: (Float32Array | undefined)[];
  missing: number;
  tokens: number;
  ended: boolean;
  end(result: EmbedResult): void;
  fail(reason: Error): void;
}

/** One text of a caller. */
interface Piece {
  readonly caller: Caller;
  /** Among the caller's texts. */
  readonly index: number;
  readonly text: string;
  readonly tokens: number;
}

/** Texts of one caller that stay together as long as none of them is refused. */
type Group = readonly [Piece, ...Piece[]];

/**
 * An embedder with the limits of the one within, whose calls may be larger than those limits: they are cut. Closing it closes
 * the one within. For work in bulk: who cannot wait, as a search cannot, asks the one within.
 */
export function shareEmbedding(embedder: Embedder, options: SharedEmbeddingOptions): Embedder {
  const { limits } = embedder;
  const callsAtOnce = options.callsAtOnce ?? 5;
  const after = options.after ?? ((ms, work) => void setTimeout(work, ms));
  let groups: Group[] = [];
  /** Parts of calls that were refused, each to go alone. */
  const again: Piece[][] = [];
  const underWay = new Set<{ readonly pieces: readonly Piece[]; readonly abort: AbortController }>();
  const callers = new Set<Caller>();
  let timer = false;
  let due = false;
  let closed = false;

  const hasMany = ({ vectors }: Caller): boolean => vectors.length > limits.texts * FEW;

  function pump(): void {
    groups = groups.filter(([{ caller }]) => !caller.ended);
    while (underWay.size < callsAtOnce) {
      const pieces = again.shift()?.filter(({ caller }) => !caller.ended) ?? nextCall();
      if (!pieces) return;
      if (pieces.length > 0) void send(pieces);
    }
  }

  /** Undefined while it is worth to wait for more. */
  function nextCall(): Piece[] | undefined {
    if (groups.length === 0) {
      due = false;
      return undefined;
    }
    const large = [...underWay].filter((call) => call.pieces.some(({ caller }) => hasMany(caller))).length;
    const open = large < Math.max(1, callsAtOnce - 1) ? groups : groups.filter(([piece]) => !hasMany(piece.caller));
    const taken = new Set<Group>();
    const pieces: Piece[] = [];
    let tokens = 0;
    for (const group of open) {
      const more = group.reduce((sum, piece) => sum + piece.tokens, 0);
      if (taken.size > 0 && (pieces.length + group.length > limits.texts || tokens + more > limits.tokens)) continue;
      taken.add(group);
      pieces.push(...group);
      tokens += more;
    }
    if (open.length === 0 || (!due && taken.size === open.length && pieces.length < limits.texts)) return undefined;
    groups = groups.filter((group) => !taken.has(group));
    if (groups.length === 0) due = false;
    return pieces;
  }

  async function send(pieces: readonly Piece[]): Promise<void> {
    const call = { pieces, abort: new AbortController() };
    underWay.add(call);
    try {
      const result = await embedder.embed(
        pieces.map(({ text }) => text),
        call.abort.signal,
      );
      if (result.kind === 'embedded') deliver(pieces, result.vectors, result.tokens);
      else if (result.kind === 'busy') for (const { caller } of pieces) caller.end(result);
      else refuse(pieces, result.reason, result.index);
    } catch (error) {
      for (const { caller } of pieces) caller.fail(error as Error);
    } finally {
      underWay.delete(call);
      pump();
    }
  }

  function refuse(pieces: readonly Piece[], reason: string, at: number | undefined): void {
    const refused = pieces.length === 1 ? pieces[0] : at === undefined ? undefined : pieces[at];
    if (refused) {
      refused.caller.end({ kind: 'refused', reason, index: refused.index });
      again.push(pieces.filter((piece) => piece !== refused));
    } else {
      const middle = Math.ceil(pieces.length / 2);
      again.push(pieces.slice(0, middle), pieces.slice(middle));
    }
  }

  function enqueue(caller: Caller, texts: readonly string[]): void {
    let group: [Piece, ...Piece[]] | undefined;
    let sum = 0;
    for (const [index, text] of texts.entries()) {
      const piece = { caller, index, text, tokens: options.countTokens(text) };
      if (!group || group.length === limits.texts || sum + piece.tokens > limits.tokens) {
        groups.push((group = [piece]));
        sum = 0;
      } else group.push(piece);
      sum += piece.tokens;
    }
    if (!timer && !due) {
      timer = true;
      after(options.waitMs ?? 5, () => {
        timer = false;
        due = true;
        pump();
      });
    }
    pump();
  }

  function cancel(caller: Caller): void {
    for (const { pieces, abort } of underWay)
      if (pieces.some((piece) => piece.caller === caller) && pieces.every((piece) => piece.caller.ended))
        abort.abort(new Error('Nobody waits for these texts any more.'));
    pump();
  }

  return {
    model: embedder.model,
    limits,
    async embed(texts, signal) {
      signal?.throwIfAborted();
      if (closed) throw new Error('The embedder was closed.');
      if (texts.length === 0) return { kind: 'embedded', vectors: [], tokens: 0 };
      return new Promise((resolve, reject) => {
        const settle = (outcome: () => void): void => {
          if (caller.ended) return;
          caller.ended = true;
          callers.delete(caller);
          signal?.removeEventListener('abort', onAbort);
          outcome();
        };
        const caller: Caller = {
          vectors: texts.map(() => undefined),
          missing: texts.length,
          tokens: 0,
          ended: false,
          end: (result) => settle(() => resolve(result)),
          // What an embedder throws, or a caller aborts with, is passed on as it is.
          fail: (reason) => settle(() => reject(reason)),
        };
        const onAbort = (): void => {
          caller.fail(signal?.reason as Error);
          cancel(caller);
        };
        signal?.addEventListener('abort', onAbort, { once: true });
        callers.add(caller);
        enqueue(caller, texts);
      });
    },
    async close() {
      closed = true;
      for (const caller of callers) caller.fail(new Error('The embedder was closed.'));
      for (const { abort } of underWay) abort.abort(new Error('The embedder was closed.'));
      await embedder.close();
    },
  };
}

function deliver(pieces: readonly Piece[], vectors: readonly Float32Array[], tokens: number): void {
  if (vectors.length !== pieces.length) throw new Error(`${vectors.length} vectors for ${pieces.length} texts.`);
  const counted = pieces.reduce((sum, piece) => sum + piece.tokens, 0);
  let [before, given] = [0, 0];
  for (const [i, { caller, index, tokens: own }] of pieces.entries()) {
    // Each caller's share of what the service counted; together they are all of it.
    before += own;
    const upTo = counted === 0 ? 0 : Math.round((tokens * before) / counted);
    caller.tokens += upTo - given;
    given = upTo;
    caller.vectors[index] = vectors[i];
    caller.missing--;
    if (caller.missing === 0)
      caller.end({ kind: 'embedded', vectors: caller.vectors as Float32Array[], tokens: caller.tokens });
  }
}
