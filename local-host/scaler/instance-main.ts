/** The entry of an instance that the scaler starts: `bin/local-host` without its look for a newer build. */
import { runCli } from '../cli';

void runCli(process.argv.slice(2)).then((code) => {
  process.exitCode = code;
});
