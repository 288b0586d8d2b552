import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import type { HelmChart, Manifest } from './helm-chart';

/** Folder of the manifests, from the project's root. */
export const MANIFESTS = 'infra/k8s/manifests';

const root = path.resolve(__dirname, '..', '..', '..');
const made = '# Made from infra/helm/sluice and infra/k8s/values.yaml by `npm run manifests`; edit there.\n';

/** Files by name: one for each part of the release, one for what they share, and the kustomization that names them all. */
export function plainManifests(chart: HelmChart): ReadonlyMap<string, string> {
  const values = parse(readFileSync(path.join(root, 'infra', 'k8s', 'values.yaml'), 'utf8')) as Record<string, unknown>;
  const rendered = chart.render(values, { name: 'sluice', namespace: 'sluice' });
  if (rendered.kind === 'refused') throw new Error(rendered.reason);
  const parts = new Map<string, Manifest[]>();
  for (const document of rendered.documents) {
    const part = document.metadata.labels?.['app.kubernetes.io/component'] ?? 'common';
    parts.set(part, [...(parts.get(part) ?? []), withoutHelm(document)]);
  }
  const files = new Map(
    [...parts].map(([part, documents]) => [
      `${part}.yaml`,
      made + documents.map((document) => stringify(document, { lineWidth: 0 })).join('---\n'),
    ]),
  );
  return files.set('kustomization.yaml', kustomization([...files.keys()].sort()));
}

/** What only a release of Helm has. */
function withoutHelm(document: Manifest): Manifest {
  const { labels = {}, ...metadata } = document.metadata;
  const kept = Object.entries(labels).filter(
    ([name]) => !['app.kubernetes.io/managed-by', 'helm.sh/chart'].includes(name),
  );
  return { ...document, metadata: { ...metadata, labels: Object.fromEntries(kept) } };
}

function kustomization(resources: readonly string[]): string {
  const remarks = `# kubectl apply -k infra/k8s/manifests, or a kustomization of your own that has this folder among its resources and puts yours in
# place: images: [{ name: sluice, newName: myregistry.azurecr.io/sluice, newTag: 1.0.0 }], and patches for the names of account,
# identity and share. With Helm: helm install sluice infra/helm/sluice -f my-values.yaml
`;
  const body = { apiVersion: 'kustomize.config.k8s.io/v1beta1', kind: 'Kustomization', namespace: 'sluice', resources };
  return made + remarks + stringify(body);
}
