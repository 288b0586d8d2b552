import { parseStartOptions } from '../../../scripts/local/start-options';
import { unknownSettings } from '../../../scripts/local/unknown-settings';

const rejection = (...args: string[]) => {
  const parsed = parseStartOptions(args);
  return parsed.kind === 'rejected' ? parsed.reason : undefined;
};

describe('the options of npm start', () => {
  test('say what a port without a value lacks', () => {
    expect(rejection('--port')).toBe('--port takes a number from 1 to 65535, and none was given');
    expect(rejection('--storage-port=x')).toBe('--storage-port takes a number from 1 to 65533, not "x"');
  });

  test.each([[['--port', '10000']], [['--port', '10002']], [['--storage-port', '7070']]])(
    '%j would take one of the embedded storage’s ports, which is said with the remedy',
    (args) => {
      expect(rejection(...args)).toMatch(/is one of the embedded storage's, .* --storage-port$/);
    },
  );

  test('may lie right beside those of the storage', () => {
    expect(parseStartOptions(['--port', '10003']).kind).toBe('options');
    expect(parseStartOptions(['--port', '9999']).kind).toBe('options');
  });
});

describe('a setting that nobody reads', () => {
  test('is told of, with the one that was probably meant', () => {
    expect(unknownSettings({ APP_POLL_INTERVALL_S: '1', UPLOAD_MAX_MB: '5', PATH: '/bin', HOME: '/' })).toEqual([
      'There is no setting APP_POLL_INTERVALL_S; is APP_POLL_INTERVAL_S meant? It has no effect. All settings: docs/settings.md',
    ]);
  });

  test('is told of without a guess where none is near', () => {
    expect(unknownSettings({ ORDERS_WHATEVER_THIS_MAY_BE: '1' })).toEqual([
      'There is no setting ORDERS_WHATEVER_THIS_MAY_BE. It has no effect. All settings: docs/settings.md',
    ]);
  });

  test('is noticed a few letters away from one, too', () => {
    const environment = { RABBIT_URL: 'amqp://x', PIPELINE: 'media', RABBITHOLE: 'x', PIP_INDEX: 'y' };
    expect(unknownSettings(environment)).toEqual([
      'There is no setting RABBIT_URL; is RABBITMQ_URL meant? It has no effect. All settings: docs/settings.md',
      'There is no setting PIPELINE; is PIPELINES meant? It has no effect. All settings: docs/settings.md',
    ]);
  });

  test('of another program is none of our business', () => {
    expect(unknownSettings({ OTEL_LOG_LEVEL: 'x', LOG_FILE: 'y', FUNCTIONS_WORKER_RUNTIME: 'node' })).toEqual([]);
  });
});
