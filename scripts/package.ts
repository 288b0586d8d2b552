/** `npm run package`: writes what is deployed to `.build/package`. `azd` calls it, and so may whoever deploys otherwise. */
import path from 'node:path';
import { writeDeploymentPackage } from './local/deployment-package';

const root = path.resolve(__dirname, '..', '..');
const folder = path.join(root, '.build', 'package');
try {
  const { files, bytes } = writeDeploymentPackage(root, folder);
  console.log(`${path.relative(root, folder)}: ${files} files, ${(bytes / 2 ** 20).toFixed(1)} MiB`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
