/** `npm run manifests`: writes infra/k8s/manifests from the chart, for `kubectl apply -k`. Wants Go and Debian's sprig. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { openChart } from './local/helm-chart';
import { MANIFESTS, plainManifests } from './local/plain-manifests';

const root = path.resolve(__dirname, '..', '..');
const folder = path.join(root, MANIFESTS);
const chart = openChart();
try {
  const files = plainManifests(chart);
  mkdirSync(folder, { recursive: true });
  for (const old of readdirSync(folder)) rmSync(path.join(folder, old));
  for (const [name, text] of files) writeFileSync(path.join(folder, name), text);
  console.log([...files.keys()].map((name) => path.join(MANIFESTS, name)).join('\n'));
} finally {
  chart.remove();
}
