/** `local-host start --scale-manifest FILE…`: from the command line to a running scaler. */
import { readFileSync } from 'node:fs';
import type { CliArguments } from '../cli-arguments';
import type { Log } from '../log';
import { loadSettings } from '../settings/load-settings';
import { setting } from '../settings/host-settings';
import { azuriteFolder, stateFolder } from '../state-folder';
import { StorageOfApp } from '../storage/storage-of-app';
import { startInstance } from './instance-process';
import type { ManifestFile } from './manifest/documents';
import { ManifestError } from './manifest/manifest-error';
import { readManifests } from './manifest/read-manifests';
import type { InstanceEnd } from './replica-set';
import type { ScaledObject } from './scaled-object';
import { startScaler } from './scaler';
import { createSources } from './sources/create-sources';

export { ManifestError };

export interface RunningScaler {
  /** Resolves when no instance can run. */
  readonly hopeless: Promise<InstanceEnd>;
  stop(): Promise<void>;
}

/**
 * @param write a whole line of an instance's output
 * @throws ManifestError, PortInUseError, LocalSettingsError
 */
export async function runScaler(
  options: CliArguments,
  log: Log,
  write: (line: string) => void,
): Promise<RunningScaler> {
  const { settings } = loadSettings({ scriptRoot: options.scriptRoot, port: options.port, env: process.env });
  const manifests = readManifests(filesOf(options.scaleManifests), settings);
  const { objects, warnings } = createSources(manifests.objects, { settings, log });
  for (const warning of [...manifests.warnings, ...warnings]) log.warning(warning);
  const stateDir = stateFolder(settings, options.stateDir);
  const storage = options.storage
    ? new StorageOfApp({
        location: azuriteFolder(stateDir, settings.appRoot),
        connection: setting(settings, 'AzureWebJobsStorage'),
        appRoot: settings.appRoot,
        log,
      })
    : undefined;
  await storage?.start();
  let port = options.port;
  try {
    const scaler = await startScaler({
      ...{ objects, settings, log, maxInstances: options.maxInstances },
      syncIntervalMs: options.scaleSyncSeconds * 1000,
      metricsPort: options.scaleMetricsPort,
      launch: (instanceNumber) =>
        startInstance({
          instanceNumber,
          args: instanceArguments(options, stateDir, port),
          env: process.env,
          onLine: (line) => write(`[${instanceNumber}] ${line}`),
          onPort: (bound) => {
            if (instanceNumber === 1) port = bound;
          },
        }),
    });
    for (const { object, sources } of objects)
      log.information(
        `Scaling by '${object.name}' (${object.where}): ${rangeOf(object, options.maxInstances)} instances by ${sources.map(({ what, target }) => `${what}, ${target} each`).join(' and ')}.`,
      );
    return {
      hopeless: scaler.hopeless,
      async stop() {
        await scaler.stop();
        await storage?.stop();
      },
    };
  } catch (error) {
    await storage?.stop();
    throw error;
  }
}

/** As in `1 to 10`; what the command line allows comes before what the manifest asks for. */
function rangeOf({ minReplicas, maxReplicas }: ScaledObject, maxInstances: number): string {
  return `${Math.min(minReplicas, maxInstances)} to ${Math.min(maxReplicas, maxInstances)}`;
}

/** @throws ManifestError with a line for each that cannot be read */
function filesOf(names: readonly string[]): ManifestFile[] {
  const problems: string[] = [];
  const files = names.flatMap((name) => {
    try {
      return [{ name, text: readFileSync(name, 'utf8') }];
    } catch (error) {
      problems.push(`${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)}).`);
      return [];
    }
  });
  if (problems.length > 0) throw new ManifestError(problems);
  return files;
}

/** What each instance is started with. The storage is this process's part. */
function instanceArguments(options: CliArguments, stateDir: string, port: number | undefined): string[] {
  const { scriptRoot, address, functions, enableAuth, key, eventGridFile, verbose, stamped } = options;
  const given = (option: string, value: string | undefined): string[] =>
    value === undefined ? [] : [`${option}=${value}`];
  return [
    ...['start', `--script-root=${scriptRoot}`, `--host-state=${stateDir}`, '--no-storage'],
    ...given('--port', port === undefined ? undefined : String(port)),
    ...given('--host', address),
    ...given('--key', key),
    ...given('--event-grid', eventGridFile),
    ...(functions.length === 0 ? [] : [`--functions=${functions.join(',')}`]),
    ...(enableAuth ? ['--enable-auth'] : []),
    ...(verbose ? ['--verbose'] : []),
    ...(stamped ? ['--log-stamps'] : []),
  ];
}
