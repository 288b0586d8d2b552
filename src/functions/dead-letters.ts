import { app, type HttpRequest, type HttpResponseInit } from '@azure/functions';
import type { App } from '../composition';
import { parseDeadLetterQuery, parseReplayMany, parseReplayOne } from '../domain/dead-letter-query';
import { problem } from '../domain/problem';
import { endpoint, problemResponse } from '../http/endpoint';
import type { DiscardOutcome, ReplayOutcome } from '../intake/replay-dead-letters';

const route = 'v1/dead-letters';

/** `/v1/dead-letters`: list, look at, replay, discard (C8). For operators: admin level. */
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
      const query = parseReplayOne(request.query);
      if (query.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', query.detail));
      if (await hasBody(request)) return problemResponse(problem('PARAMETER_INVALID', NO_BODY));
      return answer(await replayer.one(request.params['id'] ?? '', { dryRun: query.dryRun }));
    }),
  });

  app.http('dead-letter-discarded', {
    route: `${route}/{id}/discard`,
    methods: ['POST'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'POST /v1/dead-letters/{id}/discard', async (request) => {
      const query = parseReplayOne(request.query);
      if (query.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', query.detail));
      if (await hasBody(request)) return problemResponse(problem('PARAMETER_INVALID', NO_BODY));
      return answer(await replayer.discard(request.params['id'] ?? '', { dryRun: query.dryRun }));
    }),
  });

  app.http('dead-letters-replayed', {
    route: `${route}/replay`,
    methods: ['POST'],
    authLevel: 'admin',
    handler: endpoint({ logger }, 'POST /v1/dead-letters/replay', async (request) => {
      const query = parseReplayMany(request.query);
      if (query.kind === 'rejected') return problemResponse(problem('PARAMETER_INVALID', query.detail));
      if (await hasBody(request)) return problemResponse(problem('PARAMETER_INVALID', NO_BODY));
      const { filter, limit, rate, dryRun } = query;
      const outcomes = await replayer.many(filter, { dryRun, limit, rate });
      return json({ dryRun, count: outcomes.length, outcomes });
    }),
  });
}

const NO_BODY =
  'This takes its parameters from the query, such as ?dryRun=true, and no body: what stands there would not be heeded.';

/** Somebody may have said there that it is to be a dry run. */
async function hasBody(request: HttpRequest): Promise<boolean> {
  return !['', '{}'].includes((await request.text()).trim());
}

function json(value: unknown): HttpResponseInit {
  return { headers: { 'content-type': 'application/json' }, body: JSON.stringify(value) };
}

function notFound(): HttpResponseInit {
  return problemResponse(
    problem('DEAD_LETTER_NOT_FOUND', 'No dead letter has this id; GET /v1/dead-letters lists them.'),
  );
}

function answer(outcome: ReplayOutcome | DiscardOutcome): HttpResponseInit {
  switch (outcome.outcome) {
    case 'not-found':
      return notFound();
    case 'closed':
      return problemResponse(
        problem('DEAD_LETTER_CLOSED', 'It was replayed or discarded before; only open ones can be.'),
      );
    case 'unsupported':
      return problemResponse(
        problem(
          'REPLAY_UNSUPPORTED',
          'It names no queue: there is nothing that its message could be sent to again, as where a blob is no text at all. See its error, and discard it.',
        ),
      );
    default:
      return json(outcome);
  }
}
