/**
 * Whether it is an event's turn within its order. Pure; the intake asks it for new events and for parked ones alike.
 *
 * Rules: 1. an event waits behind parked events of its order that come before it; 2. `sequence` n waits until n-1 is settled
 * (done or dead-lettered), but no longer than the gap wait; 3. a sequence that its order has passed is late.
 */

/** An event that is parked already, as far as order goes. */
export interface ParkedPlace {
  /** {@link import('./order-event').OrderKey}.event */
  readonly event: string;
  readonly sequence: number | undefined;
  /** Sorts the events of an order by arrival. */
  readonly place: string;
  /** Milliseconds since the epoch. */
  readonly parkedAt: number;
  /** Milliseconds since the epoch. */
  readonly dueAt: number;
}

export type Turn =
  | { readonly kind: 'now' }
  /** Parked already, by an earlier delivery of the same event. */
  | { readonly kind: 'parked' }
  | { readonly kind: 'behind' }
  | { readonly kind: 'gap'; readonly waitsFor: number }
  | { readonly kind: 'late'; readonly settled: number };

export interface TurnQuestion {
  readonly event: string;
  readonly sequence: number | undefined;
  /** Those of the same order. */
  readonly parked: readonly Pick<ParkedPlace, 'event' | 'sequence'>[];
  /** Highest sequence that is settled; 0 for none. */
  readonly settled: number;
  /** The predecessor was waited for long enough. */
  readonly gapOver?: boolean;
}

export function turnOf({ event, sequence, parked, settled, gapOver = false }: TurnQuestion): Turn {
  if (parked.some((place) => place.event === event)) return { kind: 'parked' };
  if (sequence !== undefined && sequence <= settled) return { kind: 'late', settled };
  // What waits for its own turn by sequence does not hold up what comes before it.
  if (parked.some((place) => place.sequence === undefined || sequence === undefined || place.sequence < sequence))
    return { kind: 'behind' };
  if (sequence !== undefined && sequence > settled + 1 && !gapOver) return { kind: 'gap', waitsFor: settled + 1 };
  return { kind: 'now' };
}

/**
 * A place behind all others of the order: a number that sorts by arrival, whatever the clocks of the processes say, and the
 * event, so that two of the same moment never take each other's place.
 */
export function placeAfter(waiting: readonly ParkedPlace[], now: number, event: string): string {
  const last = waiting.reduce((most, { place }) => Math.max(most, Number(place.slice(0, PLACE_DIGITS))), 0);
  return `${String(Math.max(now * 1000, last + 1)).padStart(PLACE_DIGITS, '0')}-${event.slice(0, 32)}`;
}

const PLACE_DIGITS = 16;

/** The order in which parked events of one order have their turns: by sequence where all carry one, else by arrival. */
export function inTurn<P extends ParkedPlace>(places: readonly P[]): P[] {
  const bySequence = places.every((p) => p.sequence !== undefined);
  return [...places].sort((a, b) =>
    bySequence && a.sequence !== b.sequence
      ? (a.sequence ?? 0) - (b.sequence ?? 0)
      : a.place < b.place
        ? -1
        : Number(a.place > b.place),
  );
}
