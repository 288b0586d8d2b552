import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HeldMessages, type HeldMessage } from '../../../../local-host/storage/held-messages';
import { temporaryFolder } from '../temporary-folder';

const root = temporaryFolder();
const message = (id: string): HeldMessage => ({ connection: 'S', queue: 'q', id, popReceipt: `r-${id}` });
let count = 0;
let state: string;
const open = (instance: string): HeldMessages =>
  new HeldMessages(state, instance, (reason) => {
    throw new Error(reason);
  });

beforeEach(() => {
  state = join(root, String(count++));
  mkdirSync(state);
});

describe('the note of held messages', () => {
  test('of a process that lives is not touched by another', () => {
    const living = open('one');
    living.hold([message('a')]);
    const other = open('two');
    expect(other.abandoned()).toEqual([]);
    living.close();
    other.close();
  });

  test('left behind is found by the next process, with the newest receipts', () => {
    const dead = open('one');
    dead.hold([message('a'), message('b')]);
    dead.hold([{ ...message('a'), popReceipt: 'newer' }]);
    dead.forget(message('b'));
    dead.close();
    const next = open('two');
    const [left] = next.abandoned();
    expect(left?.messages).toEqual([{ ...message('a'), popReceipt: 'newer' }]);
    left?.forget(message('a'));
    left?.discard();
    next.close();
    expect(readdirSync(join(state, 'held-messages'))).toEqual([]);
  });

  test('that could not be given back stays for a later start', () => {
    const dead = open('one');
    dead.hold([message('a')]);
    dead.close();
    const second = open('two');
    second.abandoned().forEach((left) => left.discard());
    second.close();
    const third = open('three');
    expect(third.abandoned().map((left) => left.messages)).toEqual([[message('a')]]);
  });

  test('that is damaged is passed over', () => {
    mkdirSync(join(state, 'held-messages'));
    writeFileSync(
      join(state, 'held-messages', 'bad.db'),
      'this is no database, and long enough to be taken for one'.repeat(99),
    );
    const next = open('two');
    expect(next.abandoned()).toEqual([]);
    next.close();
  });
});
