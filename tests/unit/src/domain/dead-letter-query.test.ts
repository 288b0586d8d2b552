import { parseDeadLetterQuery } from '../../../../src/domain/dead-letter-query';

const parse = (query: string) => parseDeadLetterQuery(new URLSearchParams(query));

it('takes every parameter that it documents', () => {
  const all =
    'pipeline=media&code=COPY_FAILED&state=open&since=2026-01-31T12:00:00Z&until=2026-02-01T12:00:00Z&limit=5&rate=2&continuation=8231798399999-ab';
  expect(parse(all)).toEqual({
    kind: 'query',
    filter: {
      pipeline: 'media',
      code: 'COPY_FAILED',
      state: 'open',
      since: '2026-01-31T12:00:00.000Z',
      until: '2026-02-01T12:00:00.000Z',
    },
    limit: 5,
    rate: 2,
    continuation: '8231798399999-ab',
  });
  expect(parse('')).toEqual({ kind: 'query', filter: {}, limit: 100, rate: 50 });
});

it.each([
  'pipeline=nothing',
  'code=NOTHING',
  'state=closed',
  'since=yesterday',
  'until=tomorrow',
  'rate=0',
  'rate=1001',
  'rate=4&limit=1000',
  'limit=0',
  'limit=1001',
  'limit=-1',
  'limit=ten',
  'dryrun=true',
  'tenant=acme',
  'continuation=garbage',
  'continuation=',
  `continuation=8231798399999-${'x'.repeat(300)}`,
])('refuses %s', (query) => {
  expect(parse(query)).toMatchObject({ kind: 'rejected', detail: expect.stringContaining(query.split('=')[0]!) });
});

it('takes what the Functions host adds for keys', () => {
  expect(parse('clientId=default&dryRun=true')).toMatchObject({ kind: 'query' });
});
