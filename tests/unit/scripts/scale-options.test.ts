import { parseArgs } from 'node:util';
import { parseScaleOptions } from '../../../scripts/scale/scale-options';

const parse = (...args: string[]) => parseScaleOptions(args, parseArgs);

it('reads how the scaling is to be shown', () => {
  expect(parse()).toEqual({ kind: 'options', options: { blobs: 200, maxInstances: 10, asShipped: false } });
  expect(parse('--blobs', '20', '--max-instances', '3', '--as-shipped')).toEqual({
    kind: 'options',
    options: { blobs: 20, maxInstances: 3, asShipped: true },
  });
  for (const help of ['--help', '-h']) expect(parse(help)).toEqual({ kind: 'help' });
});

it.each([[['--blobs', 'x']], [['--blobs', '0']], [['--max-instances', '101']], [['--no']], [['--blobs']]])(
  'refuses %j',
  (args) => {
    expect(parse(...args)).toMatchObject({ kind: 'rejected', reason: expect.stringContaining(args[0]!) });
  },
);
