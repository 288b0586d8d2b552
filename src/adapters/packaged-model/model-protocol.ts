/** Messages between the app and the thread that holds the model. */
export interface ModelOrder {
  readonly id: number;
  readonly texts: readonly string[];
}

export type ModelAnswer =
  /** `vectors`: one after the other, of unit length, in the order of the texts. */
  | { readonly kind: 'embedded'; readonly id: number; readonly vectors: Float32Array; readonly tokens: number }
  | { readonly kind: 'failed'; readonly id: number; readonly reason: string }
  /** The model cannot be loaded; the thread ends. */
  | { readonly kind: 'unloadable'; readonly reason: string };

/** Of the Universal Sentence Encoder (lite), https://www.kaggle.com/models/google/universal-sentence-encoder. */
export const PACKAGED_MODEL = { name: 'universal-sentence-encoder-lite-en', dimensions: 512 };
