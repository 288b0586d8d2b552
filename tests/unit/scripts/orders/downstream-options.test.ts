import { parseArgs } from 'node:util';
import { parseDownstreamOptions } from '../../../../scripts/orders/downstream-options';

const parse = (...args: readonly string[]) => parseDownstreamOptions(args, parseArgs);

it('takes what it documents, with defaults that fail nothing', () => {
  expect(parse()).toEqual({
    kind: 'options',
    options: { port: 7080, failing: 0, losing: 0, refusing: 0, latencyMs: 0 },
  });
  expect(parse('--port', '0', '--failing', '100%', '--losing', '0%', '--refusing', '0.5%', '--latency', '250')).toEqual(
    { kind: 'options', options: { port: 0, failing: 1, losing: 0, refusing: 0.005, latencyMs: 250 } },
  );
  expect(parse('--help')).toEqual({ kind: 'help' });
});

it.each([
  ['--port', '65536'],
  ['--latency', '-1'],
  ['--latency', 'soon'],
  ['--failing', '2'],
  ['--refusing', '101%'],
  ['--losing', '-1%'],
])('refuses %s %s, and says what it takes', (name, value) => {
  expect(parse(`${name}=${value}`)).toMatchObject({ kind: 'rejected', reason: expect.stringMatching(/take|such as/) });
});

it('refuses more than all, and what it does not know', () => {
  expect(parse('--failing', '60%', '--losing', '60%')).toMatchObject({ kind: 'rejected' });
  expect(parse('--fail', '1%')).toMatchObject({ kind: 'rejected', reason: expect.stringContaining('--fail') });
});
