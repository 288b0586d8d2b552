/** Where a host keeps what it must not forget. */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setting, type HostSettings } from './settings/host-settings';

/**
 * The folder of the host's own state, made if need be: what was named, else `LOCAL_HOST_STATE`, else `.sluice/host` in the app's
 * folder; one in the temporary folder when it cannot be written.
 */
export function stateFolder(settings: Pick<HostSettings, 'values' | 'appRoot'>, named: string | undefined): string {
  const folder = path.resolve(named ?? defaultFolder(settings.appRoot, setting(settings, 'LOCAL_HOST_STATE')));
  try {
    fs.mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return fs.mkdtempSync(path.join(os.tmpdir(), 'local-host-'));
  }
}

function defaultFolder(appRoot: string, given: string | undefined): string {
  return given === undefined || given === '' ? path.join(appRoot, '.sluice', 'host') : given;
}

/** Beside the state where that is the app's own, else in it: a folder that was named holds all that the host writes. */
export function azuriteFolder(stateDir: string, appRoot: string): string {
  const home = path.join(appRoot, '.sluice');
  return path.join(path.dirname(stateDir) === home ? home : stateDir, 'azurite');
}
