import type { Attributes } from '@opentelemetry/api';

/** A number for each set of attributes, kept so that changing one costs next to nothing: it is exported when it is asked for. */
export class Tally {
  readonly #rows = new Map<string, { readonly attributes: Attributes; value: number }>();

  add(value: number, attributes: Attributes): void {
    this.#row(attributes).value += value;
  }

  set(value: number, attributes: Attributes): void {
    this.#row(attributes).value = value;
  }

  rows(): Iterable<{ readonly attributes: Attributes; readonly value: number }> {
    return this.#rows.values();
  }

  #row(attributes: Attributes): { value: number } {
    const key = keyOf(attributes);
    let row = this.#rows.get(key);
    if (!row) this.#rows.set(key, (row = { attributes: { ...attributes }, value: 0 }));
    return row;
  }
}

/** The same for the same attributes, in whatever order they are named. */
function keyOf(attributes: Attributes): string {
  const names = Object.keys(attributes);
  if (names.length > 1) names.sort();
  let key = '';
  for (const name of names) key += `${name}=${JSON.stringify(attributes[name])}\n`;
  return key;
}
