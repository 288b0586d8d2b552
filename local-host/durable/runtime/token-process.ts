/**
 * Asks the app's own `@azure/identity` for one token and writes it as JSON. A process of its own, because the library reads
 * its credentials from the environment, which is the app's, and takes a third of a second to load.
 * Arguments: folder of the app, scope. Ends with {@link NOT_INSTALLED} when the app has no such package.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import type * as Identity from '@azure/identity';

export const NOT_INSTALLED = 3;

async function main([appRoot = '', scope = '']: readonly string[]): Promise<void> {
  const load = createRequire(path.join(appRoot, 'package.json'));
  let identity: typeof Identity;
  try {
    identity = load('@azure/identity') as typeof Identity;
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'MODULE_NOT_FOUND') throw error;
    process.exitCode = NOT_INSTALLED;
    return;
  }
  const { token, expiresOnTimestamp } = await new identity.DefaultAzureCredential().getToken(scope);
  process.stdout.write(JSON.stringify({ token, expiresAt: expiresOnTimestamp }));
}

if (require.main === module)
  main(process.argv.slice(2)).catch((error: unknown) => {
    process.stderr.write(error instanceof Error ? error.message : String(error));
    process.exitCode = 1;
  });
