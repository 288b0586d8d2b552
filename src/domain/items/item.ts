/**
 * "Where is my file or order?" (C13): what each pipeline says of the things that it carries. A note tells one state of one item;
 * notes may come late, twice and out of order, from several processes, and together they are the item. They are for people: each
 * pipeline has its own state to go by, and nothing is decided by these.
 */
import type { Pipeline } from '../dead-letter';
import { nextStepOf, type ItemState } from './item-states';

export type { ItemState };

/** What tells items apart, and what they are looked for by. */
export interface ItemRef {
  readonly pipeline: Pipeline;
  /** Tells it from the pipeline's others: a version of a file, an event of an order. Never shown. */
  readonly key: string;
  /** As users know it: `container/blob`, or the path in the share. */
  readonly name?: string;
  readonly tenantId?: string;
  readonly orderId?: string;
  readonly requestId?: string;
}

export interface ItemNote extends ItemRef {
  readonly state: ItemState;
  /** Milliseconds since the epoch. */
  readonly atMs: number;
  readonly traceId?: string;
  readonly instanceId?: string;
  readonly deadLetterId?: string;
  readonly attempts?: number;
  /** One sentence: where it went, what it waits for, why it failed. */
  readonly detail?: string;
}

/** An item as it is shown. Times are ISO 8601. */
export interface Item extends Omit<ItemRef, 'key'> {
  readonly state: ItemState;
  readonly since: string;
  readonly detail?: string;
  readonly attempts?: number;
  readonly instanceId?: string;
  /** While it is open. */
  readonly deadLetterId?: string;
  readonly traceId?: string;
  /** What to do, if anything. */
  readonly next: string;
  /** Oldest first; each state once, with its latest time. */
  readonly history: readonly { readonly state: ItemState; readonly at: string; readonly detail?: string }[];
}

/** Of two states at the same moment the later one here is the one that the item is in. */
const ORDER: readonly ItemState[] = [
  'received',
  'replayed',
  'working',
  'waiting',
  'discarded',
  'failed',
  'skipped',
  'done',
];

const LONGEST_DETAIL = 500;
/** Longer names are found by what follows their last slash. */
const LONGEST_NAME = 1_024;

/** All notes on one item, brought together. */
export interface ItemRecord extends ItemRef {
  readonly traceId?: string;
  readonly instanceId?: string;
  readonly deadLetterId?: string;
  readonly attempts?: number;
  /** Of each state its latest note. */
  readonly states: Readonly<Partial<Record<ItemState, { readonly atMs: number; readonly detail?: string }>>>;
}

/** `record` with what the note says; an older note adds what was not known, and takes nothing back. */
export function withNote(record: ItemRecord | undefined, note: ItemNote): ItemRecord {
  const { state, atMs, detail, ...fields } = fitted(note);
  const before = record?.states[state];
  const told = { atMs, ...(detail === undefined ? {} : { detail }) };
  const states = { ...record?.states, [state]: before && before.atMs > atMs ? before : told };
  const isLater = atMs >= latestOf(record);
  return { ...(isLater ? { ...record, ...fields } : { ...fields, ...record }), states };
}

/** Milliseconds since the epoch, of the latest note; 0 of none. */
export function latestOf(record: ItemRecord | undefined): number {
  return Math.max(0, ...Object.values(record?.states ?? {}).map(({ atMs }) => atMs));
}

/** Cut to what is kept, so that no note is too large for a store; without what is absent. */
function fitted(note: ItemNote): ItemNote {
  const { name, detail } = note;
  return present({
    ...note,
    name: name?.slice(-LONGEST_NAME),
    detail: detail && firstLine(detail).slice(0, LONGEST_DETAIL),
  });
}

export function itemOf({ states, key: _, ...fields }: ItemRecord): Item {
  const history = Object.entries(states)
    .map(([state, { atMs, detail }]) => ({ state: state as ItemState, atMs, detail }))
    .sort((a, b) => a.atMs - b.atMs || ORDER.indexOf(a.state) - ORDER.indexOf(b.state));
  const { state = 'received', atMs = 0, detail } = history.at(-1) ?? {};
  const deadLetterId = state === 'failed' ? fields.deadLetterId : undefined;
  return present({
    ...fields,
    ...{ state, since: isoOf(atMs), detail, deadLetterId, next: nextStepOf(state, deadLetterId) },
    history: history.map((one) => present({ state: one.state, at: isoOf(one.atMs), detail: one.detail })),
  });
}

/** What an item can be found by: its name, what follows the name's last slash, its order, its trace. */
export function lookupsOf({ name, orderId, traceId }: Pick<ItemNote, 'name' | 'orderId' | 'traceId'>): string[] {
  const base = name === undefined ? undefined : name.slice(name.lastIndexOf('/') + 1);
  return [
    ...(name === undefined ? [] : [lookup('name', name)]),
    ...(base === undefined || base === name || base === '' ? [] : [lookup('name', base)]),
    ...(orderId === undefined ? [] : [lookup('order', orderId)]),
    ...(traceId === undefined ? [] : [lookup('trace', traceId)]),
  ];
}

export function lookup(by: 'name' | 'order' | 'trace', value: string): string {
  return `${by}:${by === 'name' ? value.slice(-LONGEST_NAME) : value}`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function present<T extends object>(fields: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as T;
}
