import { parseDeadLetterOrder } from '../../../../scripts/dead-letters/dead-letter-options';

const NOW = Date.parse('2026-02-01T00:00:00Z');
const app = { url: 'http://localhost:7071', key: undefined };
const parse = (args: readonly string[], environment = {}) => parseDeadLetterOrder(args, environment, NOW);

it('lists open letters unless others are asked for', () => {
  expect(parse(['list'])).toEqual({
    kind: 'order',
    order: { kind: 'list', app, json: false, filter: { state: 'open' }, limit: 50 },
  });
  expect(parse(['list', '--state', 'all', '--limit', '7', '--json'])).toMatchObject({
    order: { filter: {}, limit: 7, json: true },
  });
});

it('takes times and ages', () => {
  const args = ['replay', '--since', '36h', '--until', '2026-01-31T18:00Z', '--pipeline', 'orders', '--tenant', 'acme'];
  expect(parse(args)).toEqual({
    kind: 'order',
    order: {
      ...{ kind: 'replay', app, json: false, dryRun: false, rate: 50 },
      letters: {
        filter: {
          since: '2026-01-30T12:00:00.000Z',
          until: '2026-01-31T18:00:00.000Z',
          pipeline: 'orders',
          tenantId: 'acme',
          state: 'open',
        },
        limit: Infinity,
      },
    },
  });
});

it('takes ids, and the app from the environment', () => {
  expect(parse(['discard', 'a', 'b', '--dry-run'], { SLUICE_URL: 'https://app.example/', SLUICE_KEY: 'k' })).toEqual({
    kind: 'order',
    order: {
      ...{ kind: 'discard', app: { url: 'https://app.example', key: 'k' }, json: false, dryRun: true, rate: 50 },
      letters: { ids: ['a', 'b'] },
    },
  });
});

it.each([
  [[], /say what to do: list, show, replay, discard/],
  [['resend', 'a'], /say what to do/],
  [['show'], /wants the ids/],
  [['show', 'a', '--code', 'X'], /show takes no --code/],
  [['list', 'a'], /takes no ids, as "a" is/],
  [['list', '--dry-run'], /list takes no --dry-run/],
  [['list', '--state', 'shut'], /--state takes/],
  [['replay'], /ids of letters, or a filter/],
  [['replay', 'a', '--pipeline', 'orders'], /not both/],
  [['replay', 'a', '--limit', '3'], /--limit goes with a filter/],
  [['replay', '--state', 'open'], /replay takes no --state/],
  [['replay', 'a', '--rate', '0'], /--rate takes/],
  [['discard', '--since', 'yesterday'], /--since takes a time/],
  [['discard', '--until', '12'], /--until takes a time/],
  [['list', '--dryrun'], /--dryrun/],
  [['list', '--url', 'localhost'], /--url takes/],
])('refuses %j', (args, reason) => {
  expect(parse(args)).toEqual({ kind: 'rejected', reason: expect.stringMatching(reason) });
});
