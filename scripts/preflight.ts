/** `npm run preflight`: {@link runPreflight} for what `npm start` would run: local settings, and the storage that runs here. */
import path from 'node:path';
import { runPreflight } from '../src/preflight';
import { effectiveEnvironment, localSettings } from './local/local-settings';
import { stateFolder, withRunningStorage } from './local/running-storage';

const root = path.resolve(__dirname, '..', '..');
const environment = withRunningStorage(effectiveEnvironment(localSettings(root)), stateFolder(root));
void runPreflight(environment).then((code) => (process.exitCode = code));
