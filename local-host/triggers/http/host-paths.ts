const HOST_PATHS = /^\/(?:admin\/(?:host|functions|warmup)|runtime\/webhooks)(?:\/|$)/i;

/** Paths that the host answers itself before any function's route is tried, even a catch-all. */
export function isHostPath(path: string): boolean {
  return HOST_PATHS.test(path);
}
