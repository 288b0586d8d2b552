/** `npm run docs`: writes the reference pages that are made from code. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { referencePages } from './local/reference-docs';

const root = path.resolve(__dirname, '..', '..');
for (const { file, text } of referencePages()) {
  writeFileSync(path.join(root, file), text);
  console.log(file);
}
