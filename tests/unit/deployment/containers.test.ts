/** Image, services for Docker, the development container and workflows, as far as they can be checked without a registry. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { projectRoot } from '../../drivers/app-under-test';

const text = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const npmScripts = (): Record<string, string> =>
  (JSON.parse(text('package.json')) as { scripts: Record<string, string> }).scripts;

/** Exit code of a health check that is Node's. */
async function outcomeOf([program, ...args]: readonly string[]): Promise<unknown> {
  expect(program).toBe('node');
  const child = spawn(process.execPath, args, { stdio: 'ignore' });
  return ((await once(child, 'close')) as [unknown])[0];
}

async function listening(status: number): Promise<{ port: number; asked: string[]; stop: () => Promise<void> }> {
  const asked: string[] = [];
  const server = http.createServer((request, response) => {
    asked.push(request.url ?? '');
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
    await once(server, 'close');
  };
  return { port: (server.address() as AddressInfo).port, asked, stop };
}

describe('the image', () => {
  const instructions = text('Dockerfile')
    .replaceAll(/^#.*\n/gm, '')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(Boolean);
  const stages = text('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  const [build = '', app = ''] = stages;
  const given = (instruction: string): string[] =>
    instructions.filter((line) => line.startsWith(`${instruction} `)).map((line) => line.slice(instruction.length + 1));

  test('is built from what is there and what .dockerignore lets in', () => {
    const sources = [...build.matchAll(/^COPY (.*) \S+$/gm)].flatMap(([, list = '']) => list.split(' '));
    const [everything, ...letIn] = text('.dockerignore')
      .split('\n')
      .filter((line) => line === '*' || line.startsWith('!'))
      .map((line) => line.replace('!', ''));
    expect(everything).toBe('*');
    expect([...sources].sort()).toEqual([...letIn].sort());
    expect(sources.filter((source) => !existsSync(path.join(projectRoot, source)))).toEqual([]);
  });

  test('is written in instructions that there are, in forms that start no shell around the host', () => {
    const known = /^(FROM|WORKDIR|COPY|RUN|ENV|USER|EXPOSE|HEALTHCHECK|ENTRYPOINT|CMD) \S/;
    expect(instructions.filter((line) => !known.test(line))).toEqual([]);
    for (const form of [
      ...given('ENTRYPOINT'),
      ...given('CMD'),
      ...given('HEALTHCHECK').map((h) => h.replace(/^.*? CMD /, '')),
    ])
      expect(JSON.parse(form)).toEqual(expect.arrayContaining([expect.any(String)]));
    for (const base of given('FROM')) expect(base).toMatch(/:\d/);
    for (const script of given('RUN')) expect(spawnSync('sh', ['-n', '-c', script]).status).toBe(0);
    // Scripts of packages run neither where it is built nor where it runs.
    expect(given('RUN').find((line) => line.includes('npm ci'))).toBe('npm ci --ignore-scripts');
  });

  test('holds the deployment package alone, runs as nobody special, and says whether it is well', () => {
    expect(stages).toHaveLength(2);
    expect(app).toMatch(/^mcr\.microsoft\.com\/azure-functions\/node:4-node22\n/);
    expect(app.match(/^COPY .*$/gm)).toEqual(['COPY --from=build /build/.build/package /home/site/wwwroot']);
    expect(app).toMatch(/^USER [1-9]\d*$/m);
    expect(app).toMatch(/ASPNETCORE_URLS=http:\/\/\+:8080/);
    expect(app).toMatch(/^EXPOSE 8080$/m);
    expect(app).toMatch(/^ENTRYPOINT \["node", "dist\/src\/entrypoint.js"\]\n(#.*\n)?CMD \["\/opt\/startup\/\S+"\]$/m);
    expect(npmScripts()['package']).toBe('node scripts/run.mjs package');
  });

  test.each([
    ['healthy while /healthz says so', 200, 0],
    ['not while it does not', 503, 1],
    ['not when nobody answers', undefined, 1],
  ])('its health check finds it %s', async (_, status, expected) => {
    const [check = ''] = given('HEALTHCHECK').map((line) => line.replace(/^.*? CMD /, ''));
    const server = await listening(status ?? 200);
    if (status === undefined) await server.stop();
    const command = JSON.parse(check.replace(':8080/', `:${server.port}/`)) as string[];
    expect(command.join()).toContain(`:${server.port}/`);
    expect(await outcomeOf(command)).toBe(expected);
    if (status === undefined) return;
    expect(server.asked).toEqual(['/healthz']);
    await server.stop();
  });
});

describe('services for Docker', () => {
  const service = z.strictObject({
    image: z.string().regex(/:\d/, 'names no version'),
    command: z.string().optional(),
    // From this machine alone.
    ports: z.array(z.string().regex(/^127\.0\.0\.1:(\d+):\1$/)),
    volumes: z.array(z.string().regex(/^[a-z]+:\/\S+$/)).optional(),
    healthcheck: z.strictObject({
      test: z.tuple([z.literal('CMD'), z.string()], z.string()),
      interval: z.string().regex(/^\d+s$/),
      timeout: z
        .string()
        .regex(/^\d+s$/)
        .optional(),
    }),
  });
  const compose = z
    .strictObject({ services: z.record(z.string(), service), volumes: z.record(z.string(), z.null()) })
    .parse(parse(text('compose.yaml')));
  const { azurite, rabbitmq, kafka } = compose.services;

  test('are those that the app talks to, with what they keep where it lasts', () => {
    expect(Object.keys(compose.services)).toEqual(['azurite', 'rabbitmq', 'kafka']);
    const used = Object.values(compose.services).flatMap(({ volumes = [] }) => volumes.map((v) => v.split(':')[0]));
    expect(used).toEqual(Object.keys(compose.volumes));
    for (const part of [azurite, rabbitmq, kafka]) expect(part?.ports.length).toBeGreaterThan(0);
  });

  test('Azurite is started with options that it has', () => {
    const [program, ...args] = azurite?.command?.split(' ') ?? [];
    const options = readFileSync(require.resolve('azurite/dist/src/common/Environment.js'), 'utf8');
    expect(program).toBe('azurite');
    const asked = args.filter((arg) => arg.startsWith('--')).map((arg) => arg.slice(2));
    expect(asked.filter((name) => !options.includes(`"${name}"]`))).toEqual([]);
    const [volume = ''] = azurite?.volumes ?? [];
    expect(args[args.indexOf('--location') + 1]).toBe(volume.split(':')[1]);
  });

  test('the health check of Azurite finds it, and does not find what is not there', async () => {
    const [, ...command] = azurite?.healthcheck.test ?? [];
    const server = await listening(200);
    const there = command.map((part) => part.replace('10002', String(server.port)));
    expect(there).not.toEqual(command);
    expect(await outcomeOf(there)).toBe(0);
    await server.stop();
    expect(await outcomeOf(there)).toBe(1);
  });
});

test('the development container installs what CI installs for the tests', () => {
  const { postCreateCommand } = JSON.parse(text('.devcontainer/devcontainer.json')) as { postCreateCommand: string };
  const installed = /--no-install-recommends ([^&]*)&&/.exec(postCreateCommand)?.[1]?.trim().split(' ') ?? [];
  const wanted = [...text('.ci/run').matchAll(/missing\+=\(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(' '));
  expect(wanted.length).toBeGreaterThan(4);
  expect([...installed].sort()).toEqual([...wanted].sort());
  expect(Object.keys(npmScripts())).toContain(/npm run (\S+)$/.exec(postCreateCommand)?.[1]);
});

describe('workflows', () => {
  // https://docs.github.com/actions/reference/workflows-and-actions/workflow-syntax, as much of it as is used.
  const step = z.union([
    z.strictObject({
      name: z.string().optional(),
      if: z.string().optional(),
      uses: z.string().regex(/^[\w-]+\/[\w-]+@v\d+$/),
      with: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).optional(),
    }),
    z.strictObject({ name: z.string().optional(), run: z.string(), env: z.record(z.string(), z.string()).optional() }),
  ]);
  const permissions = z.partialRecord(z.enum(['contents', 'id-token', 'packages']), z.enum(['read', 'write']));
  const workflow = z.strictObject({
    name: z.string(),
    on: z.strictObject({
      push: z.strictObject({ branches: z.array(z.string()) }).optional(),
      pull_request: z.null().optional(),
      workflow_dispatch: z
        .strictObject({
          inputs: z.record(
            z.string(),
            z.strictObject({ description: z.string(), required: z.boolean(), default: z.string() }),
          ),
        })
        .optional(),
    }),
    permissions,
    concurrency: z.union([z.string(), z.strictObject({ group: z.string(), 'cancel-in-progress': z.boolean() })]),
    jobs: z.record(
      z.string(),
      z.strictObject({
        'runs-on': z.literal('ubuntu-24.04'),
        'timeout-minutes': z.number().int().positive(),
        needs: z.string().optional(),
        environment: z.string().optional(),
        permissions: permissions.optional(),
        env: z.record(z.string(), z.string()).optional(),
        steps: z.array(step).min(1),
      }),
    ),
  });
  const [ci, deploy] = ['ci', 'deploy'].map((name) => ({
    ...workflow.parse(parse(text(`.github/workflows/${name}.yml`))),
    source: text(`.github/workflows/${name}.yml`),
  }));
  const runs = (all: typeof ci, job: string): string[] =>
    (all?.jobs[job]?.steps ?? []).flatMap((one) => ('run' in one ? [one.run] : []));

  test('have rights for no more than they need, and deploy without a secret', () => {
    expect(ci?.permissions).toEqual({ contents: 'read' });
    expect(ci?.jobs['image']?.permissions).toEqual({ contents: 'read', packages: 'write' });
    expect(deploy?.permissions).toEqual({ contents: 'read', 'id-token': 'write' });
    expect(deploy?.source).not.toMatch(/secrets\./);
    expect([...(ci?.source.matchAll(/secrets\.(\w+)/g) ?? [])].map(([, name]) => name)).toEqual(['GITHUB_TOKEN']);
  });

  test('run what the README runs, and lint what only their tools can', () => {
    expect(runs(ci, 'test')).toEqual([expect.stringMatching(/bash \.ci\/run$/)]);
    const [lint, render, kustomize, bicep] = runs(ci, 'infrastructure');
    expect(lint).toMatch(/^helm lint infra\/helm\/sluice --strict -f infra\/k8s\/values\.yaml$/);
    expect(render).toMatch(/^helm template sluice infra\/helm\/sluice /);
    expect(kustomize).toMatch(/^kubectl kustomize infra\/k8s\/manifests /);
    expect(bicep).toBe('az bicep lint --file infra/main.bicep');
    expect(runs(deploy, 'deploy').slice(1)).toEqual(['azd provision --no-prompt', 'azd deploy --no-prompt']);
  });

  test.each(['ci', 'deploy'])(
    '%s names jobs, contexts and files that there are, in scripts that a shell takes',
    (name) => {
      const { jobs, source } = (name === 'ci' ? ci : deploy)!;
      for (const { needs, steps } of Object.values(jobs)) {
        if (needs !== undefined) expect(Object.keys(jobs)).toContain(needs);
        for (const one of steps) {
          if (!('run' in one)) continue;
          // A value of the event that a shell would read as code is none.
          expect(one.run).not.toMatch(/\$\{\{/);
          expect([one.run, spawnSync('bash', ['-n', '-c', one.run]).status]).toEqual([one.run, 0]);
          for (const [file] of one.run.matchAll(/\b(?:infra|\.ci)\/[\w./-]+/g))
            expect([file, existsSync(path.join(projectRoot, file))]).toEqual([file, true]);
        }
      }
      const expressions = [...source.matchAll(/\$\{\{(.*?)\}\}/g)].map(([, inner = '']) => inner.trim());
      expect(source.split('${{').length - 1).toBe(expressions.length);
      for (const expression of expressions)
        expect(expression).toMatch(
          /^(?:github\.(?:ref|actor|repository|sha|event_name == 'push')|inputs\.environment|vars\.AZURE_\w+|secrets\.GITHUB_TOKEN)$/,
        );
    },
  );
});
