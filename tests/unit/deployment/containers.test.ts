/** Image, services for Docker and workflows, as far as they can be checked without a registry. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { projectRoot } from '../../drivers/app-under-test';

const text = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

describe('the image', () => {
  const stages = text('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  const [build = '', app = ''] = stages;

  test('is built from what is there and what .dockerignore lets in', () => {
    const sources = [...build.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    const letIn = text('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect([...sources].sort()).toEqual([...letIn].sort());
    expect(sources.filter((source) => !existsSync(path.join(projectRoot, source)))).toEqual([]);
  });

  test('holds the deployment package alone, runs as nobody special, and says whether it is well', () => {
    expect(stages).toHaveLength(2);
    expect(app).toMatch(/^mcr\.microsoft\.com\/azure-functions\/node:4-node22\n/);
    expect(app.match(/^COPY .*$/gm)).toEqual(['COPY --from=build /build/.build/package /home/site/wwwroot']);
    expect(app).toMatch(/^USER [1-9]\d*$/m);
    expect(app).toMatch(/^HEALTHCHECK [\s\S]*\/healthz/m);
    expect(app).toMatch(/ASPNETCORE_URLS=http:\/\/\+:8080/);
    expect(app).toMatch(/^EXPOSE 8080$/m);
    expect(app).toMatch(/^ENTRYPOINT \["node", "dist\/src\/entrypoint.js"\]\n(#.*\n)?CMD \["\/opt\/startup\/\S+"\]$/m);
  });
});

test('services for Docker are reached from this machine alone, and none is whatever is newest', () => {
  const { services } = parse(text('compose.yaml')) as {
    services: Record<string, { image: string; ports: string[] }>;
  };
  expect(Object.keys(services)).toEqual(['azurite', 'rabbitmq', 'kafka']);
  for (const { image, ports } of Object.values(services)) {
    expect(image).toMatch(/:\d/);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

interface Workflow {
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly { readonly uses?: string; readonly run?: string }[] }>
  >;
}

test('workflows run what the README runs, with rights for no more, and deploy without a secret', () => {
  const [ci, deploy] = ['ci', 'deploy'].map((name) => parse(text(`.github/workflows/${name}.yml`)) as Workflow);
  expect(ci?.permissions).toEqual({ contents: 'read' });
  expect(ci?.jobs['test']?.steps.at(-1)?.run).toMatch(/bash \.ci\/run$/);
  expect(deploy?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
  expect(text('.github/workflows/deploy.yml')).not.toMatch(/secrets\./);
  for (const workflow of [ci, deploy])
    for (const { steps } of Object.values(workflow?.jobs ?? {}))
      for (const { uses } of steps) if (uses !== undefined) expect(uses).toMatch(/@v\d+$/);
});
