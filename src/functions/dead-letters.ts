import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import type { App } from '../composition';
import { parseDeadLetterQuery, unknownParameter } from '../domain/dead-letter-query';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';
import type { ReplayOutcome } from '../intake/replay-dead-letters';

const route = 'v1/dead-letters';

/** `/v1/dead-letters`: list, look at, replay (C8). For operators: admin level. */
export function registerDeadLetters({ logger, deadLetters, replayer }: App): void {
  app.http('dead-letters-listed', {
    route,
    methods: ['GET'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'GET /v1/dead-letters', async (request) => {
      const query = parseDeadLetterQuery(request.query);
      if (query.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', query.detail));
      return json(await deadLetters.list(query.filter, query.limit, query.continuation));
    }),
  });

  app.http('dead-letter-asked', {
    route: `${route}/{id}`,
    methods: ['GET'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'GET /v1/dead-letters/{id}', async (request) => {
      const found = await deadLetters.get(request.params['id'] ?? '');
      return found ? json(found) : notFound();
    }),
  });

  app.http('dead-letter-replayed', {
    route: `${route}/{id}/replay`,
    methods: ['POST'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'POST /v1/dead-letters/{id}/replay', async (request) => {
      const unknown = unknownParameter(request.query, ['dryRun', 'code']);
      if (unknown !== undefined) return problemResponse(problem('PARAMETER_INVALID', unknown));
      return answer(await replayer.one(request.params['id'] ?? '', { dryRun: isDryRun(request) }));
    }),
  });

  app.http('dead-letters-replayed', {
    route: `${route}/replay`,
    methods: ['POST'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'POST /v1/dead-letters/replay', async (request) => {
      const query = parseDeadLetterQuery(request.query);
      if (query.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', query.detail));
      const dryRun = isDryRun(request);
      const outcomes = await replayer.many(query.filter, { dryRun, limit: query.limit, rate: query.rate });
      return json({ dryRun, count: outcomes.length, outcomes });
    }),
  });
}

function isDryRun(request: HttpRequest): boolean {
  return ['1', 'true', ''].includes(request.query.get('dryRun') ?? 'false');
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function notFound(): HttpResponseInit {
  return problemResponse(
    problem('DEAD_LETTER_NOT_FOUND', 'No dead letter has this id; GET /v1/dead-letters lists them.'),
  );
}

function answer(outcome: ReplayOutcome): HttpResponseInit {
  switch (outcome.outcome) {
    case 'not-found':
      return notFound();
    case 'closed':
      return problemResponse(
        problem('DEAD_LETTER_CLOSED', 'It was replayed or discarded before; only open ones can be replayed.'),
      );
    case 'unsupported':
      return problemResponse(problem('REPLAY_UNSUPPORTED', 'It names no queue to send its message to.'));
    default:
      return json(outcome);
  }
}
