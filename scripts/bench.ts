/** `npm run bench -- NAME`: runs bench/NAME.ts. Figures and what they leave out stand in bench/README.md. */
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';

const folder = path.resolve(__dirname, '..', 'bench');
const [name = ''] = process.argv.slice(2);
const file = path.join(folder, `${name}.js`);
if (/^[a-z-]+$/.test(name) && existsSync(file)) {
  const { run } = require(file) as { run: () => Promise<void> };
  void run().then(
    () => process.exit(0),
    (error: unknown) => {
      console.error(error);
      process.exit(1);
    },
  );
} else {
  const names = readdirSync(folder)
    .filter((f) => f.endsWith('.js'))
    .map((f) => f.slice(0, -3));
  console.error(`usage: npm run bench -- NAME    (${names.join(', ')})`);
  process.exitCode = 2;
}
