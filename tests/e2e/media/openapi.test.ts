/** docs/openapi.json is held to the routes that really register (C6). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, startApp, type AppUnderTest } from '../../drivers/app-under-test';
import { shareSettings } from '../../drivers/share-under-test';

let app: AppUnderTest;
beforeAll(async () => {
  app = await startApp((place) => shareSettings(place, { PIPELINES: 'media,nfs,ingestion,orders' }));
});
afterAll(() => app.stop());

interface Operation {
  readonly operationId: string;
  readonly security?: readonly Record<string, unknown>[];
}

it('names every route, method, function and level of access, and no others', () => {
  const document = JSON.parse(readFileSync(path.join(projectRoot, 'docs', 'openapi.json'), 'utf8')) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const described = Object.entries(document.paths).flatMap(([route, operations]) =>
    Object.entries(operations).map(([method, { operationId, security }]) => {
      const level = security === undefined ? 'function' : security.length === 0 ? 'anonymous' : 'admin';
      return `${method.toUpperCase()} ${route} ${operationId} ${level}`;
    }),
  );
  const live = app.host.functions.flatMap(({ definition }) => {
    const trigger = definition.bindings.find((b) => b.type === 'httpTrigger');
    if (!trigger) return [];
    const { route, methods, authLevel } = trigger as unknown as { route: string; methods: string[]; authLevel: string };
    return methods.map((method) => `${method.toUpperCase()} /${route} ${definition.name} ${authLevel.toLowerCase()}`);
  });
  expect(live.sort()).toEqual(described.sort());
});
