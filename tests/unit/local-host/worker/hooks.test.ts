import { Hooks } from '../../../../local-host/worker/hooks';

describe('Hooks', () => {
  test('run in order of registration, one after the other', async () => {
    const hooks = new Hooks();
    const ran: string[] = [];
    hooks.register('preInvocation', async () => {
      await Promise.resolve();
      ran.push('first');
    });
    hooks.register('preInvocation', () => ran.push('second'));
    await hooks.run('preInvocation', {});
    expect(ran).toEqual(['first', 'second']);
  });

  test('what is disposed of does not run', async () => {
    const hooks = new Hooks();
    const dispose = hooks.register('log', () => {
      throw new Error('still here');
    });
    dispose();
    dispose();
    hooks.runSync('log', {});
    expect(hooks.has('log')).toBe(false);
  });

  test('an unknown name is the error that the library turns into advice', () => {
    const hooks = new Hooks();
    expect(() => hooks.register('beforeLunch', () => undefined)).toThrow(RangeError);
    expect(() => hooks.register('beforeLunch', () => undefined)).toThrow(
      expect.objectContaining({ isAzureFunctionsSystemError: true }),
    );
  });
});
