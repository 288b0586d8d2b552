import type { Embedder } from '../../src/ports/embedder';

export interface EmbedderUnderTest {
  readonly embedder: Embedder;
  /** How far two vectors of the same text may be apart, by the largest difference of a component. */
  readonly tolerance?: number;
}

const SIGN_IN = 'How do I sign in with a token?';
const BEARER = 'Sign in with a bearer token in the header.';
const RECIPE = 'Whisk two eggs, then add flour and butter.';

/** What every {@link Embedder} must do. `make`: one that is closed by the test where `own` is set, and by who made it else. */
export function embedderContract(name: string, make: (own: boolean) => Promise<EmbedderUnderTest>): void {
  describe(`${name} as an Embedder`, () => {
    const vectorsOf = async (embedder: Embedder, texts: readonly string[]): Promise<readonly Float32Array[]> => {
      const result = await embedder.embed(texts);
      if (result.kind !== 'embedded') throw new Error(`Not embedded: ${JSON.stringify(result)}`);
      return result.vectors;
    };

    it('gives one vector of unit length for each text', async () => {
      const { embedder } = await make(false);
      const texts = [SIGN_IN, 'Hello 世界 🌍', 'def main():\n\treturn 1\n', ' ', 'x'.repeat(2000)];
      const result = await embedder.embed(texts);
      expect(result).toMatchObject({ kind: 'embedded', tokens: expect.any(Number) });
      const vectors = result.kind === 'embedded' ? result.vectors : [];
      expect(vectors.map((vector) => [vector.constructor.name, vector.length])).toEqual(
        texts.map(() => ['Float32Array', embedder.model.dimensions]),
      );
      for (const vector of vectors) expect(Math.abs(Math.hypot(...vector) - 1)).toBeLessThan(1e-5);
    });

    it('answers in the order of the texts, the same for the same text in any company', async () => {
      const { embedder, tolerance = 0 } = await make(false);
      const texts = [SIGN_IN, RECIPE, BEARER, SIGN_IN];
      const together = await vectorsOf(embedder, texts);
      for (const [i, text] of texts.entries()) {
        const [alone] = await vectorsOf(embedder, [text]);
        expect(farthest(together[i]!, alone!)).toBeLessThanOrEqual(tolerance);
      }
    });

    it('has texts about one matter nearer than texts about two', async () => {
      const { embedder } = await make(false);
      const [asked, answer, other] = await vectorsOf(embedder, [SIGN_IN, BEARER, RECIPE]);
      expect(dot(asked!, answer!)).toBeGreaterThan(dot(asked!, other!) + 0.1);
    });

    it('takes nothing, and as many texts as it says', async () => {
      const { embedder } = await make(false);
      expect(await embedder.embed([])).toEqual({ kind: 'embedded', vectors: [], tokens: 0 });
      const { texts, tokens } = embedder.limits;
      expect(tokens).toBeGreaterThanOrEqual(texts);
      const many = Array.from({ length: texts }, (_, i) => `n ${i}`);
      expect(await vectorsOf(embedder, many)).toHaveLength(texts);
    });

    it('rejects when it is told to stop, before and while it works', async () => {
      const { embedder } = await make(false);
      const reason = new Error('no longer wanted');
      await expect(embedder.embed(['a'], AbortSignal.abort(reason))).rejects.toThrow(reason);
      const during = new AbortController();
      const call = embedder.embed([SIGN_IN, RECIPE], during.signal);
      during.abort(reason);
      await expect(call).rejects.toThrow(reason);
      expect(await vectorsOf(embedder, [SIGN_IN])).toHaveLength(1);
    });

    it('is closed once, however often it is asked to, and takes no more', async () => {
      const { embedder } = await make(true);
      await embedder.close();
      await embedder.close();
      await expect(embedder.embed(['a'])).rejects.toThrow(/closed/);
    });
  });
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0);
}

function farthest(a: Float32Array, b: Float32Array): number {
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}
