/** `npm run upload -- FILE…`: files of any size straight into storage, resumed after a killed run, verified at the end (M1b). */
import { statSync } from 'node:fs';
import path from 'node:path';
import { AppClient } from './upload/app-client';
import { leftBehind } from './upload/upload-ending';
import { FileChanged, uploadFile } from './upload/upload-file';
import { parseUploadOptions, usage, type UploadOptions } from './upload/upload-options';
import { size, UploadProgress } from './upload/upload-progress';

const root = path.resolve(__dirname, '..', '..');
const home = process.env['SLUICE_HOME'] ?? path.join(root, '.sluice');

async function one(named: string, options: UploadOptions, app: AppClient): Promise<boolean> {
  // npm runs scripts in the project's folder; paths are meant from where the user stands.
  const file = path.resolve(process.env['INIT_CWD'] ?? process.cwd(), named);
  const total = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const progress = new UploadProgress(path.basename(file), total, process.stdout);
  const began = Date.now();
  const ticking = setInterval(() => progress.tick(), 200);
  let [sent, kept, arrived] = [0, 0, false];
  const interrupted = (): void => {
    progress.line(`stopped.${leftBehind({ total, kept, arrived }, 'stopped')}`);
    process.exit(130);
  };
  process.once('SIGINT', interrupted);
  try {
    const { record, deadLetter, mismatch } = await uploadFile(file, app, options, path.join(home, 'uploads'), {
      bytes: (count, reused) => {
        kept = Math.min(kept + count, total);
        if (!reused) sent += count;
        progress.add(count, reused);
      },
      arrived: () => {
        arrived = true;
      },
      note: (text) => {
        progress.reset();
        progress.line(text);
      },
    });
    if (mismatch) {
      progress.line(
        `FAILED: the bytes differ (SHA-256: ${mismatch}). The copy must not be used; upload the file again.`,
      );
      return false;
    }
    if (record.state !== 'processed') {
      progress.line(`FAILED: ${record.error ?? record.state}${deadLetter ? `  ${deadLetter}` : ''}`);
      return false;
    }
    const seconds = (Date.now() - began) / 1000;
    const verified = record.sha256
      ? `SHA-256 equal (${record.sha256.slice(0, 12)}…)`
      : `verified by ${record.verifiedBy}`;
    progress.line(
      `→ ${record.destination}  ${size(record.size ?? total)}, ${sent === 0 && total > 0 ? 'all of it there from an earlier run' : `${size(sent)} sent`} in ${seconds.toFixed(1)} s, ${verified}`,
    );
    return true;
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    const cause =
      code === 'ENOENT' && !message.includes('http') ? 'does not exist' : message.split('\n', 1)[0]?.replace(/\.$/, '');
    const left = error instanceof FileChanged ? '' : leftBehind({ total, kept, arrived }, 'failed');
    progress.line(`FAILED: ${cause}.${left}`);
    return false;
  } finally {
    clearInterval(ticking);
    process.off('SIGINT', interrupted);
  }
}

async function main(): Promise<number> {
  const parsed = parseUploadOptions(process.argv.slice(2), process.env);
  if (parsed.kind !== 'options') {
    if (parsed.kind === 'rejected') console.error(`${parsed.reason}\n`);
    (parsed.kind === 'help' ? console.log : console.error)(usage);
    return parsed.kind === 'help' ? 0 : 2;
  }
  const app = new AppClient(parsed.options.app);
  let good = true;
  for (const file of parsed.options.files) good = (await one(file, parsed.options, app)) && good;
  return good ? 0 : 1;
}

void main().then((code) => (process.exitCode = code));
