import { parseDeadLetterQuery, parseReplayMany, parseReplayOne } from '../../../../src/domain/dead-letter-query';

const parse = (query: string) => parseDeadLetterQuery(new URLSearchParams(query));

it('takes every parameter that it documents', () => {
  const all =
    'pipeline=media&code=COPY_FAILED&state=open&since=2026-01-31T12:00:00Z&until=2026-02-01T12:00:00Z&limit=5&continuation=8231798399999-ab';
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
    rate: 50,
    dryRun: false,
    continuation: '8231798399999-ab',
  });
  expect(parse('')).toEqual({ kind: 'query', filter: {}, limit: 100, rate: 50, dryRun: false });
});

it.each([
  'pipeline=nothing',
  'code=NOTHING',
  'state=closed',
  'since=yesterday',
  'until=tomorrow',
  'rate=1',
  'dryRun=1',
  'limit=0',
  'limit=1001',
  'limit=-1',
  'limit=ten',
  'tenant=acme',
  'continuation=garbage',
  'continuation=',
  `continuation=8231798399999-${'x'.repeat(300)}`,
])('refuses %s', (query) => {
  expect(parse(query)).toMatchObject({ kind: 'rejected', detail: expect.stringContaining(query.split('=')[0]!) });
});

it('takes what the Functions host adds for keys', () => {
  expect(parse('clientId=default&state=open')).toMatchObject({ kind: 'query' });
});

describe('a replay', () => {
  const many = (query: string) => parseReplayMany(new URLSearchParams(query));
  const one = (query: string) => parseReplayOne(new URLSearchParams(query));

  it.each([
    ['', false],
    ['dryRun', true],
    ['dryRun=1', true],
    ['dryRun=TRUE', true],
    ['dryRun=yes', true],
    ['dryRun=0', false],
    ['dryRun=false', false],
  ])('with %p is dry: %p', (query, dryRun) => {
    expect(one(query)).toEqual({ kind: 'query', dryRun });
    expect(many(`pipeline=media&rate=2&${query}`)).toMatchObject({ rate: 2, dryRun, filter: { pipeline: 'media' } });
  });

  it.each(['dryRun=maybe', 'dryrun=true', 'dry_run=1'])('is refused with %s, and sends nothing', (query) => {
    const refused = { kind: 'rejected', detail: expect.stringContaining(query.split('=')[0]!) as unknown };
    expect(one(query)).toMatchObject(refused);
    expect(many(`state=open&${query}`)).toMatchObject(refused);
  });

  it.each(['state=open&rate=0', 'state=open&rate=1001', 'state=open&rate=4&limit=1000', 'state=open&continuation=a'])(
    'of many is refused with %s',
    (query) => {
      expect(many(query)).toMatchObject({ kind: 'rejected' });
    },
  );

  it.each(['', 'limit=5', 'dryRun=true'])('of whatever there is (%p) is refused', (query) => {
    expect(many(query)).toMatchObject({ kind: 'rejected', detail: expect.stringContaining('state=open') as unknown });
  });
});
