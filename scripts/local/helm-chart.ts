/** The chart of `infra/helm/sluice` rendered as Helm would, by a small Go program, since Helm itself is not to be had everywhere. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { parse, parseAllDocuments } from 'yaml';

export const HELM_RENDER_NEEDS = {
  packages: 'golang-go golang-github-masterminds-sprig-dev',
  files: ['/usr/bin/go', '/usr/share/gocode/src/github.com/Masterminds/sprig'],
} as const;

type Tree = Readonly<Record<string, unknown>>;

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: never;
}

export type Rendered =
  | { readonly kind: 'rendered'; readonly documents: readonly Manifest[]; readonly notes: string }
  | { readonly kind: 'refused'; readonly reason: string };

export interface HelmChart {
  /** With these values over those of the chart. Rejects nothing: what `helm template` would end with is `refused`. */
  render(values: Tree, release?: { readonly name: string; readonly namespace: string }): Rendered;
  remove(): void;
}

const root = path.resolve(__dirname, '..', '..', '..');
const chart = path.join(root, 'infra', 'helm', 'sluice');
const text = (...parts: string[]): string => readFileSync(path.join(chart, ...parts), 'utf8');

/** Builds the renderer, which takes some seconds. */
export function openChart(): HelmChart {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-helm-'));
  const program = path.join(folder, 'helm-render');
  const built = spawnSync('go', ['build', '-o', program, '.'], {
    cwd: path.join(root, 'scripts', 'helm-render'),
    env: {
      PATH: process.env['PATH'],
      HOME: folder,
      GOCACHE: path.join(folder, 'cache'),
      GO111MODULE: 'off',
      GOPATH: '/usr/share/gocode',
    },
    encoding: 'utf8',
  });
  if (built.status !== 0) throw new Error(`The renderer does not compile:\n${built.stderr}`);
  const templates = Object.fromEntries(
    readdirSync(path.join(chart, 'templates')).map((file) => [file, text('templates', file)]),
  );
  const { name, version, appVersion } = parse(text('Chart.yaml')) as Record<string, string>;
  const defaults = parse(text('values.yaml')) as Tree;

  return {
    render(values, release = { name: 'sluice', namespace: 'work' }) {
      const context = {
        Values: merged(defaults, values),
        Release: { Name: release.name, Namespace: release.namespace, Service: 'Helm' },
        Chart: { Name: name, Version: version, AppVersion: appVersion },
      };
      const input = JSON.stringify({ templates, context });
      const { status, stdout, stderr } = spawnSync(program, { input, encoding: 'utf8' });
      if (status !== 0) return { kind: 'refused', reason: stderr.trim() };
      const { 'NOTES.txt': notes = '', ...rendered } = JSON.parse(stdout) as Record<string, string>;
      return { kind: 'rendered', documents: Object.values(rendered).flatMap(documentsIn), notes };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function documentsIn(rendered: string): Manifest[] {
  return parseAllDocuments(rendered)
    .map((document) => {
      const [error] = document.errors;
      if (error) throw new Error(`${error.message}\n${rendered}`);
      return document.toJS() as Manifest | null;
    })
    .filter((document) => document !== null);
}

/** Maps key by key, all else whole, as Helm does with several files of values. */
function merged(below: Tree, above: Tree): Tree {
  const result: Record<string, unknown> = { ...below };
  for (const [name, value] of Object.entries(above)) {
    const under = result[name];
    result[name] = isTree(value) && isTree(under) ? merged(under, value) : value;
  }
  return result;
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
