import type { Environment } from './setting-problem';

/** The process's environment. The only place in `src/` that reads it. */
export function environment(): Environment {
  return process.env;
}
