/** What the Functions host does with blobs that would surprise, with what to do about it. Pure. */
import type { BindingDefinition } from '../../function-definition';
import type { PathPattern } from './path-pattern';

export interface BlobWarning {
  /** The same for each blob of a function, so that it is said once. */
  readonly key: string;
  readonly text: string;
}

const LARGE_BYTES = 64 * 1024 * 1024;

/** @param bytes read into memory for the handler */
export function blobWarnings(
  functionName: string,
  binding: BindingDefinition,
  pattern: PathPattern,
  blob: string,
  bytes: number,
): BlobWarning[] {
  const warnings: BlobWarning[] = [];
  const swallowed = Object.entries(pattern.match(blob) ?? {}).find(([, value]) => value.includes('/'));
  if (swallowed)
    warnings.push({
      key: `slash ${functionName}`,
      text: `'${functionName}' (${String(binding['path'])}) runs for '${blob}': {${swallowed[0]}} matches slashes too, as on the Functions host, so blobs in folders below come as well. Test the name in the handler if that is not meant.`,
    });
  if (bytes > LARGE_BYTES)
    warnings.push({
      key: `large ${functionName}`,
      text: `'${functionName}' got the ${Math.round(bytes / 1024 / 1024)} MiB of '${blob}' in memory: the Functions host reads the whole blob before the handler runs. Take a reference instead (sdkBinding: true with @azure/functions-extensions-blob) and read it as a stream.`,
    });
  return warnings;
}
