/**
 * What this process knows of orders with many parked events, so that not every batch reads all of them again: an order that is stuck
 * for an hour would else make every other one slower. New events of an order sort behind its known ones, so a reading leaves out
 * the known ranges and finds whatever came, by whatever process.
 *
 * What it knows may be too much for a moment: an event that another process took out is known until the next whole reading. Then an
 * event of that order is parked, due at once, that could have had its turn; none has its turn too early.
 */
import type { ParkedPlace } from '../../domain/orders/order-turn';

/** Fewer are as quickly read. */
const MANY = 32;
/** A filter of the table service has 15 comparisons at most: two an order, and one of the partition. */
const MOST_ORDERS = 6;
/** Everything is read again after this long, or longer where reading takes so long. */
const FRESH_MS = 5_000;
const SHARE_OF_READING = 20;

type Places = ReadonlyMap<string, readonly ParkedPlace[]>;

export class ParkedMemory {
  readonly #known = new Map<string, readonly ParkedPlace[]>();
  #wholeAgainAt = 0;

  constructor(private readonly monotonic: () => number) {}

  /** The known ranges, in the order of their keys; undefined where everything has to be read. */
  leftOut(): readonly { readonly order: string; readonly last: string }[] | undefined {
    if (this.#known.size === 0 || this.monotonic() >= this.#wholeAgainAt) return undefined;
    return [...this.#known]
      .map(([order, places]) => ({ order, last: places.at(-1)?.place ?? '' }))
      .sort((a, b) => (a.order < b.order ? -1 : 1));
  }

  /** What was read without leaving anything out, that reading taking `tookMs`. */
  whole(read: Places, tookMs: number): Places {
    this.#known.clear();
    this.#wholeAgainAt = this.monotonic() + Math.max(FRESH_MS, tookMs * SHARE_OF_READING);
    this.#keepLargest(read);
    return read;
  }

  /** What was read beside what is known. */
  beside(read: Places): Places {
    const all = new Map(read);
    for (const [order, known] of this.#known) {
      const last = known.at(-1)?.place ?? '';
      // Two readings at once find the same.
      const places = [...known, ...(read.get(order) ?? []).filter(({ place }) => place > last)];
      this.#known.set(order, places);
      all.set(order, places);
    }
    this.#keepLargest(all);
    return all;
  }

  postponed(order: string, place: string, dueAt: number): void {
    const known = this.#known.get(order);
    if (known?.some((one) => one.place === place))
      this.#known.set(
        order,
        known.map((one) => (one.place === place ? { ...one, dueAt } : one)),
      );
  }

  removed(order: string, place: string): void {
    const left = this.#known.get(order)?.filter((one) => one.place !== place);
    if (left === undefined) return;
    if (left.length > 0) this.#known.set(order, left);
    else this.#known.delete(order);
  }

  /** A new order is taken up while there is room; which are the largest is for the next whole reading to say. */
  #keepLargest(places: Places): void {
    const many = [...places].filter(([order, { length }]) => length >= MANY && !this.#known.has(order));
    many.sort(([, a], [, b]) => b.length - a.length);
    for (const [order, known] of many.slice(0, MOST_ORDERS - this.#known.size))
      this.#known.set(
        order,
        [...known].sort((a, b) => (a.place < b.place ? -1 : 1)),
      );
  }
}
