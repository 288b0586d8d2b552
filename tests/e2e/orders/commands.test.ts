/** `npm run dead-letters` and `npm run where` on a running app (C8, C13). */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { DeadLetter } from '../../../src/domain/dead-letter';
import { projectRoot, startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { itemInState } from '../../drivers/items-under-test';
import {
  orderText,
  sendToQueue,
  startAwaitedDownstream,
  type AwaitedDownstream,
} from '../../drivers/orders-under-test';

let app: AppUnderTest;
let downstream: AwaitedDownstream;
beforeAll(async () => {
  downstream = await startAwaitedDownstream();
  app = await startApp({ PIPELINES: 'orders', ORDERS_CALLBACK_URL: downstream.url });
}, 60_000);
afterAll(async () => {
  await app.stop();
  await downstream.stop();
});

interface Said {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

const command = (...args: readonly string[]): Promise<Said> => run('dead-letters', args);

async function run(script: 'dead-letters' | 'where', args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, [path.join(projectRoot, 'dist', 'scripts', `${script}.js`), ...args], {
    env: { PATH: process.env.PATH, SLUICE_URL: app.url },
  });
  const said = { out: '', err: '' };
  child.stdout.on('data', (chunk: Buffer) => (said.out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (said.err += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  return { code, ...said };
}

async function letters(count: number): Promise<readonly DeadLetter[]> {
  return app.until(async () => {
    const { out } = await command('list', '--json');
    const lines = out.split('\n').filter((line) => line !== '');
    return lines.length === count && lines.map((line) => JSON.parse(line) as DeadLetter);
  });
}

it('lists, shows, replays and discards', async () => {
  expect(await command('list')).toEqual({ code: 0, out: 'There is none.\n', err: '' });
  for (let n = 0; n < 3; n++) await sendToQueue(app.storage, `no order ${n}`);
  const [first, second] = await letters(3);
  const { out: list } = await command('list', '--pipeline', 'orders', '--since', '1h');
  expect(list).toContain(`  ${first!.id}\n`);
  expect(list).toMatch(/ {2}orders {2}MESSAGE_UNPARSABLE {2}1 try {2}/);
  const { out: shown } = await command('show', first!.id);
  expect(shown).toMatch(/^message \(10 characters; all of it by --json\)\n {2}no order \d$/m);

  const dry = await command('replay', '--pipeline', 'orders', '--dry-run');
  expect(dry.code).toBe(0);
  expect(dry.out).toMatch(/^3 would be replayed\.$/m);
  expect(await letters(3)).toEqual(expect.arrayContaining([first, second]));

  expect(await command('discard', first!.id)).toMatchObject({
    code: 0,
    out: expect.stringMatching(/^1 discarded\.$/m),
  });
  const again = await command('discard', first!.id);
  expect(again).toMatchObject({ code: 1, out: expect.stringMatching(/^0 discarded, 1 could not be\.$/m) });
  expect(again.err).toContain(`${first!.id}: It was replayed or discarded before`);

  const replayed = await command('replay', '--code', second!.code, '--rate', '1000');
  expect(replayed).toMatchObject({ code: 0, out: '2 replayed.\n', err: '' });
  // They are no better than before.
  const anew = await letters(2);
  expect(anew.map(({ id }) => id)).not.toContain(second!.id);
  expect(anew.map(({ replayOf }) => replayOf)).toContain(second!.id);
  expect((await command('list', '--state', 'replayed')).out).toContain(second!.id);
}, 60_000);

it('says where an order is, before and after its dead letter is replayed', async () => {
  downstream.behave({ refusing: 1 });
  await sendToQueue(app.storage, orderText({ orderId: 'o-17', requestId: 'r 1' }));
  const failed = await itemInState(app.url, { orderId: 'o-17' }, 'failed');
  const first = await run('where', ['o-17']);
  expect(first).toMatchObject({ code: 0, err: '' });
  expect(first.out).toMatch(/^acme\/o-17\/r 1 {2}orders {2}failed since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/m);
  expect(first.out).toContain(`npm run dead-letters -- replay ${failed.deadLetterId}`);
  downstream.behave({ refusing: 0 });
  expect(await command('replay', failed.deadLetterId!)).toMatchObject({ code: 0 });
  await itemInState(app.url, { orderId: 'o-17' }, 'done');
  const second = await run('where', ['o-17', '--order', '--json']);
  expect(JSON.parse(second.out)).toMatchObject({ orderId: 'o-17', state: 'done', next: 'Nothing.' });
  const nothing = await run('where', ['o-18']);
  expect(nothing).toMatchObject({ code: 1, out: '', err: expect.stringContaining('Nothing is known of "o-18"') });
  expect(await run('where', [])).toMatchObject({ code: 2, err: expect.stringContaining('say what to look for') });
}, 60_000);

it('says what is wrong, and what to do', async () => {
  const nobody = await command('list', '--url', 'http://127.0.0.1:9');
  expect(nobody.code).toBe(1);
  expect(nobody.err).toMatch(/^http:\/\/127\.0\.0\.1:9 does not answer \(.*\)\. Start the app \(npm start\)/);
  const code = await command('list', '--code', 'NONSENSE');
  expect(code).toMatchObject({ code: 1, err: expect.stringContaining('code is one of the codes in docs/errors.md') });
  const none = await command('show', '1234567890123-none');
  expect(none).toMatchObject({ code: 1, err: expect.stringContaining('No dead letter has this id') });
  expect(await command('replay')).toMatchObject({ code: 2, err: expect.stringContaining('or a filter') });
});
