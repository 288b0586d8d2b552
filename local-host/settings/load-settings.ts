import path from 'node:path';
import { HostStartError } from '../plugin';
import { deriveHostId } from './host-id';
import { readHostJson } from './host-json';
import type { HostJson, HostSettings } from './host-settings';
import { setting } from './host-settings';
import { readLocalSettings } from './local-settings';

/** The version of the host whose behaviour is recorded in tests/golden. */
export const HOST_VERSION = '4.1037.0';
export const DEFAULT_PORT = 7071;

export interface SettingsSource {
  readonly scriptRoot: string;
  /** Over `Host.LocalHttpPort` of local.settings.json, over 7071. 0 takes a free port. */
  readonly port?: number | undefined;
  /** Over the environment, which is over local.settings.json Values. */
  readonly settings?: Readonly<Record<string, string>> | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface LoadedSettings {
  readonly settings: HostSettings;
  readonly corsOrigins: readonly string[];
  readonly corsCredentials: boolean;
  /** Why the host cannot run the app at all; it then starts in Error. */
  readonly problem: string | undefined;
}

/** @throws LocalSettingsError for a local.settings.json that cannot be used */
export function loadSettings(source: SettingsSource): LoadedSettings {
  const appRoot = path.resolve(source.scriptRoot);
  const local = readLocalSettings(appRoot);
  const port = source.port ?? local.port ?? DEFAULT_PORT;
  const values = withDefaults({ ...local.values, ...defined(source.env), ...source.settings }, appRoot, port);
  let hostJson: HostJson = { version: '2.0' };
  let problem: string | undefined;
  try {
    hostJson = readHostJson(appRoot, values);
  } catch (error) {
    if (!(error instanceof HostStartError)) throw error;
    problem = error.message;
  }
  const named =
    setting({ values }, 'AzureFunctionsWebHost__hostid') ?? setting({ values }, 'AzureFunctionsWebHost:hostid');
  const hostId = (named ?? deriveHostId(appRoot)).toLowerCase().slice(0, 32);
  return {
    settings: { appRoot, values, hostJson, hostId, hostVersion: HOST_VERSION, port },
    corsOrigins: local.corsOrigins,
    corsCredentials: local.corsCredentials,
    problem,
  };
}

/** The same settings for another port: the one that was really bound. */
export function withPort(settings: HostSettings, port: number): HostSettings {
  return { ...settings, port, values: { ...settings.values, WEBSITE_HOSTNAME: `localhost:${port}` } };
}

function withDefaults(values: Record<string, string>, appRoot: string, port: number): Record<string, string> {
  return {
    FUNCTIONS_WORKER_RUNTIME: 'node',
    FUNCTIONS_EXTENSION_VERSION: '~4',
    FUNCTIONS_CORETOOLS_ENVIRONMENT: 'true',
    AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
    AzureWebJobsScriptRoot: appRoot,
    ...values,
    WEBSITE_HOSTNAME: `localhost:${port}`,
  };
}

function defined(env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
