import type { Listener } from '../../../../local-host/plugin';
import { queueTrigger } from '../../../../local-host/triggers/queue';
import { azuriteUnderTest, type AzuriteUnderTest } from '../storage/azurite-under-test';
import {
  definition,
  eventually,
  listenerHost,
  type ListenerHost,
  type ListenerHostOptions,
} from '../storage/listener-host';

let storage: AzuriteUnderTest;
let listeners: Listener[] = [];
beforeAll(async () => {
  storage = await azuriteUnderTest();
});
afterAll(() => storage.stop());
afterEach(async () => {
  await Promise.all(listeners.map((listener) => listener.stop()));
  listeners = [];
});

const queue = (name: string) => storage.connection.queues().getQueueClient(name);
const base64 = (text: string): string => Buffer.from(text).toString('base64');

async function start(queueName: string, options: Partial<ListenerHostOptions> = {}): Promise<ListenerHost> {
  const host = listenerHost({ ...storage, ...options });
  const binding = { name: 'q', type: 'queueTrigger', direction: 'trigger', queueName } as const;
  const listener = await queueTrigger.start?.(definition('job'), binding, host.context);
  if (listener) listeners.push(listener);
  return host;
}

async function textsOf(name: string): Promise<string[]> {
  const { peekedMessageItems } = await queue(name).peekMessages({ numberOfMessages: 32 });
  return peekedMessageItems.map(({ messageText }) => messageText).sort();
}

const isEmpty = (name: string): Promise<true> =>
  eventually(async () => ((await queue(name).getProperties()).approximateMessagesCount === 0 ? true : undefined));

describe('a queue trigger', () => {
  test('hands over a message with its metadata, and deletes it', async () => {
    await queue('plain').create();
    const { messageId } = await queue('plain').sendMessage(base64('{"cargo":"tea"}'));
    const host = await start('plain');
    const [call] = await host.called(1);
    expect(call?.invocation).toMatchObject({
      input: { string: '{"cargo":"tea"}' },
      triggerMetadata: { Id: { string: messageId }, DequeueCount: { int: 1 }, cargo: { string: 'tea' } },
      reason: "New queue message detected on 'plain'.",
    });
    expect(call?.invocation.details).toMatch(
      new RegExp(
        `^Trigger Details: MessageId: ${messageId}, DequeueCount: 1, InsertionTime: \\d{4}-\\d\\d-\\d\\dT[\\d:.]+\\+00:00$`,
      ),
    );
    await isEmpty('plain');
  });

  test('hears of a message at once, however long the pause of its polling', async () => {
    await queue('quick').create();
    const host = await start('quick', {
      hostJson: { version: '2.0', extensions: { queues: { maxPollingInterval: '01:00:00' } } },
    });
    await queue('quick').sendMessage(base64('first'));
    await host.called(1);
    const began = Date.now();
    await queue('quick').sendMessage(base64('second'));
    await host.called(2);
    expect(Date.now() - began).toBeLessThan(2000);
  });

  test('moves a message that fails too often, and one in the wrong encoding, to the poison queue as they are', async () => {
    await queue('sour').create();
    const host = await start('sour', { answer: () => false });
    await queue('sour').sendMessage(base64('bad'));
    await queue('sour').sendMessage('not base64!');
    await eventually(async () => ((await textsOf('sour-poison').catch(() => [])).length === 2 ? true : undefined));
    expect(await textsOf('sour-poison')).toEqual([base64('bad'), 'not base64!'].sort());
    expect(host.calls.map(({ invocation }) => invocation.triggerMetadata?.['DequeueCount'])).toEqual(
      [1, 2, 3, 4, 5].map((int) => ({ int })),
    );
  });

  test('starts before its queue exists', async () => {
    const host = await start('later');
    await queue('later').create();
    await queue('later').sendMessage(base64('x'));
    await host.called(1);
  });

  test('reads plain text where host.json says so', async () => {
    await queue('text').create();
    await queue('text').sendMessage('{"plain":true}');
    const host = await start('text', {
      hostJson: { version: '2.0', extensions: { queues: { messageEncoding: 'none' } } },
    });
    const [call] = await host.called(1);
    expect(call?.invocation.input).toEqual({ string: '{"plain":true}' });
  });

  test('goes on after the storage was away, and keeps what was acknowledged meanwhile', async () => {
    await queue('outage').create();
    let release: () => void = () => undefined;
    const held = new Promise<boolean>((resolve) => (release = () => resolve(true)));
    const host = await start('outage', {
      answer: ({ invocation }) => ('string' in invocation.input && invocation.input.string === 'slow' ? held : true),
    });
    await queue('outage').sendMessage(base64('slow'));
    await host.called(1);
    await storage.goAway();
    await host.line(/Queue 'outage' cannot be read; trying until it can/);
    release();
    await storage.comeBack();
    await queue('outage').sendMessage(base64('after'));
    await host.called(2);
    await isEmpty('outage');
    expect(host.calls).toHaveLength(2);
    expect(host.lines.filter((line) => line.includes('cannot be read'))).toHaveLength(1);
  });
});
