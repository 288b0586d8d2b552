import { app } from '@azure/functions';
import { describeProblem, type SettingProblem } from '../config/setting-problem';
import { isPipeline } from '../domain/dead-letter';
import { problem } from '../domain/problem';
import type { App } from '../composition';
import { endpoint, problemResponse } from '../http/endpoint';
import type { Logger } from '../telemetry/logger';

const json = { 'content-type': 'application/json' };

/** `GET /healthz`: this process runs. Anonymous, and asks nobody. */
export function registerHealth(logger: Logger): void {
  app.http('healthz', {
    route: 'healthz',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: endpoint({ logger }, 'GET /healthz', async () => ({ headers: json, body: '{"ok":true}' })),
  });
}

/** `GET /readyz[?pipeline=]`: the backends answer. Anonymous. */
export function registerReadiness({ logger, readiness }: App): void {
  app.http('readyz', {
    route: 'readyz',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: endpoint({ logger }, 'GET /readyz', async (request) => {
      const asked = request.query.get('pipeline') ?? undefined;
      if (asked !== undefined && !isPipeline(asked)) {
        return problemResponse(
          problem('PARAMETER_INVALID', `There is no pipeline ${JSON.stringify(asked.slice(0, 50))}.`),
        );
      }
      const answer = await readiness(asked);
      if (answer.ready) return { headers: json, body: '{"ready":true}' };
      return problemResponse(
        problem('NOT_READY', `${answer.backend}: ${answer.reason}`, { ready: false, backend: answer.backend }),
      );
    }),
  });
}

/** `/readyz` of an app whose settings are wrong: 503 with the settings' names, since nothing else can run (C4). */
export function registerUnreadiness(logger: Logger, problems: readonly SettingProblem[]): void {
  const settings = problems.map((p) => p.setting);
  app.http('readyz', {
    route: 'readyz',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: endpoint({ logger }, 'GET /readyz', async () =>
      problemResponse(
        problem('NOT_READY', problems.map(describeProblem).join('\n'), {
          ready: false,
          codes: [...new Set(problems.map((p) => p.code))],
          settings,
        }),
      ),
    ),
  });
}
