/** What each state of an item means, and what to do; docs/items.md is made from it. */

export type ItemState = 'received' | 'working' | 'waiting' | 'done' | 'skipped' | 'failed' | 'replayed' | 'discarded';

export interface ItemStateMeaning {
  readonly meaning: string;
  /** Undefined: nothing. */
  readonly next?: string;
}

export const itemStates: Readonly<Record<ItemState, ItemStateMeaning>> = {
  received: {
    meaning: 'It was seen, and its message or claim waits for its turn.',
    next: 'Wait. If it stays so, look at /readyz and at the backlog: nobody may be working.',
  },
  working: {
    meaning: 'An orchestration, or a handler, has it in hand.',
    next: 'Wait. If it stays so, look at the orchestration by its instance id.',
  },
  waiting: {
    meaning:
      'It goes on by itself when what it waits for is there: an earlier event of its order, a service that was given a rest.',
    next: 'Wait, or mend what it waits for; the detail says what that is.',
  },
  done: { meaning: 'It is where it belongs, verified.' },
  skipped: {
    meaning:
      'Nothing was to be done: a newer version took its place, it was gone, or it is of no kind that is carried.',
  },
  failed: {
    meaning: 'It was given up and is a dead letter, with all that is needed to run it again.',
    next: 'Mend the cause, then replay its dead letter.',
  },
  replayed: { meaning: 'Its dead letter was replayed, and its message waits for its turn.', next: 'Wait.' },
  discarded: { meaning: 'Somebody discarded its dead letter. It is not tried again.' },
};

/** `deadLetterId`: of an item that failed. */
export function nextStepOf(state: ItemState, deadLetterId: string | undefined): string {
  if (deadLetterId !== undefined)
    return `Mend the cause (npm run dead-letters -- show ${deadLetterId}), then: npm run dead-letters -- replay ${deadLetterId}`;
  return itemStates[state].next ?? 'Nothing.';
}
