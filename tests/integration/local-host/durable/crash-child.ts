/** One host process of the crash test. Does as the parent says and tells it of every step; it is killed at any of them. */
import { appendFileSync } from 'node:fs';
import { InstanceExistsError } from '../../../../local-host/durable/runtime/lifecycle';
import { startDurable } from './durable-host';

export type ToChild =
  | { readonly kind: 'start'; readonly id: string }
  | { readonly kind: 'raise'; readonly id: string }
  | { readonly kind: 'await'; readonly id: string }
  | { readonly kind: 'total' }
  | { readonly kind: 'stop' };

export type FromChild =
  | { readonly kind: 'ready' }
  | { readonly kind: 'step' }
  | { readonly kind: 'started'; readonly id: string }
  | { readonly kind: 'raised'; readonly id: string; readonly result: string }
  | { readonly kind: 'ended'; readonly id: string; readonly status: string; readonly output: unknown }
  | { readonly kind: 'total'; readonly value: number };

async function main(): Promise<void> {
  const journal = process.env['CRASH_JOURNAL']!;
  const say = (message: FromChild): void => void process.send?.(message);
  const host = await startDurable({
    app: 'crash-app',
    stateDir: process.env['CRASH_STATE']!,
    engine: { beatMs: 40, pollMs: 5 },
    durableTask: { maxConcurrentActivityFunctions: 4 },
  });
  const { engine, client } = host.extension;
  engine.hub.events.on('activity', ({ instanceId, name, input }) => {
    const { step } = JSON.parse(input ?? '{}') as { step?: number };
    if (name === 'step')
      appendFileSync(journal, `${JSON.stringify({ kind: 'recorded', work: `${instanceId}/${String(step)}` })}\n`);
    say({ kind: 'step' });
  });
  engine.hub.events.on('instance', () => say({ kind: 'step' }));
  engine.hub.events.on('entity', () => say({ kind: 'step' }));
  const act = async (message: ToChild): Promise<void> => {
    switch (message.kind) {
      case 'start':
        await host.start('crashRun', null, message.id).catch((error: unknown) => {
          if (!(error instanceof InstanceExistsError)) throw error;
        });
        return void say({ kind: 'started', id: message.id });
      case 'raise':
        return void say({ kind: 'raised', id: message.id, result: await client.raiseEvent(message.id, 'go', '100') });
      case 'await': {
        const { status, output } = await host.ended(message.id);
        return void say({ kind: 'ended', id: message.id, status, output });
      }
      case 'total':
        return void say({ kind: 'total', value: (await host.run('readTotal')).output as number });
      case 'stop':
        await host.stop();
        process.disconnect();
    }
  };
  process.on('message', (message: ToChild) => void act(message));
  say({ kind: 'ready' });
}

void main();
