/**
 * The image's entrypoint: `node dist/src/entrypoint.js COMMAND…`. Checks settings and services (C4), then runs the command, which
 * starts the Functions host, with the host settings that follow from ours; what the environment says already stays. Ends with
 * the command's exit code; with 78 and the reasons, without starting it, when a check fails. Signals reach the command.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { environment } from './config/environment';
import { hostSettingsFrom } from './config/host-settings';
import { checkAll, checkSettings, EX_CONFIG } from './preflight';

const FORWARDED = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;

async function main([command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined) {
    console.error('usage: node dist/src/entrypoint.js COMMAND…, the command that starts the Functions host');
    return 2;
  }
  const given = environment();
  const checked = await checkAll(checkSettings(given));
  if (!checked.ok) {
    for (const reason of checked.reasons) console.error(reason);
    return EX_CONFIG;
  }
  const env = { ...hostSettingsFrom(checked.config), ...given };
  return run(command, args, env);
}

function run(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, stdio: 'inherit' });
    for (const signal of FORWARDED) process.on(signal, () => child.kill(signal));
    child.once('error', (error) => {
      console.error(`The host cannot be started: ${error.message}`);
      resolve(127);
    });
    child.once('exit', (code, signal) => resolve(code ?? 128 + (signal ? constants.signals[signal] : 0)));
  });
}

if (require.main === module) void main(process.argv.slice(2)).then((code) => process.exit(code));
