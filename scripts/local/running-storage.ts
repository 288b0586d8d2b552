import path from 'node:path';
import { isAlive, processStartTime } from '../../local-host/process-state';
import { readDescriptor } from '../../local-host/storage/azurite-descriptor';
import { developmentConnectionString } from '../../local-host/storage/development-account';

/**
 * The environment with the address of the embedded storage in place of `UseDevelopmentStorage=true`: of the one that
 * `storagePort` names, else of the one that runs for this state folder (`npm start -- --storage-port M`), else unchanged.
 */
export function withRunningStorage(
  environment: Readonly<Record<string, string>>,
  home: string,
  storagePort?: number,
): Record<string, string> {
  if (!/UseDevelopmentStorage=true/i.test(environment['AzureWebJobsStorage'] ?? '')) return { ...environment };
  const ports =
    storagePort === undefined
      ? portsOf(path.join(home, 'azurite'))
      : { blob: storagePort, queue: storagePort + 1, table: storagePort + 2 };
  return ports ? { ...environment, AzureWebJobsStorage: developmentConnectionString(ports) } : { ...environment };
}

function portsOf(location: string) {
  const found = readDescriptor(location);
  // A process of the same number may be another program by now.
  return found && isAlive(found.pid) && processStartTime(found.pid) === found.startTime ? found.ports : undefined;
}

/** Where the state of `npm start` lies. */
export function stateFolder(root: string): string {
  return path.resolve(process.env['SLUICE_HOME'] ?? path.join(root, '.sluice'));
}
