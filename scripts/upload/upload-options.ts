/** Options of `npm run upload -- …` (M1b). */
import { parseArgs } from 'node:util';
import { appAddress, type AppAddress } from '../local/ask-app';

export interface UploadOptions {
  readonly files: readonly string[];
  readonly app: AppAddress;
  /** Bytes of a block. */
  readonly blockSize: number;
  /** Blocks on their way at once. */
  readonly concurrency: number;
}

export type ParsedUpload =
  | { readonly kind: 'options'; readonly options: UploadOptions }
  | { readonly kind: 'help' }
  | { readonly kind: 'rejected'; readonly reason: string };

export const usage = `npm run upload -- FILE… [--url URL] [--key KEY] [--block-mib N] [--concurrency N]

  FILE…              files of any size; they go straight into storage, and a run that was ended goes on where it was
  --url URL          the app (default http://localhost:7071, or SLUICE_URL)
  --key KEY          a function key, where the app asks for one (or SLUICE_KEY, which no process list shows)
  --block-mib N      size of a block in MiB, 1 to 1000 (default 8)
  --concurrency N    blocks on their way at once, 1 to 64 (default 8)

Ends with 0 when every file was processed, 1 when one was not, 2 when the options are wrong.`;

export function parseUploadOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): ParsedUpload {
  let parsed;
  try {
    parsed = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        url: { type: 'string' },
        key: { type: 'string' },
        'block-mib': { type: 'string' },
        concurrency: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    return rejected(error instanceof Error ? (error.message.split('. ', 1)[0] ?? '') : String(error));
  }
  const { values, positionals } = parsed;
  if (values.help) return { kind: 'help' };
  if (positionals.length === 0) return rejected('name at least one file');
  const app = appAddress(values, environment);
  if ('reason' in app) return rejected(app.reason);
  const blockMib = whole(values['block-mib'] ?? '8', 1, 1000);
  if (blockMib === undefined) return rejected('--block-mib takes a whole number from 1 to 1000');
  const concurrency = whole(values.concurrency ?? '8', 1, 64);
  if (concurrency === undefined) return rejected('--concurrency takes a whole number from 1 to 64');
  const options = {
    files: positionals,
    app,
    blockSize: blockMib * 1024 * 1024,
    concurrency,
  };
  return { kind: 'options', options };
}

function whole(text: string, min: number, max: number): number | undefined {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : NaN;
  return value >= min && value <= max ? value : undefined;
}

function rejected(reason: string): ParsedUpload {
  return { kind: 'rejected', reason };
}
