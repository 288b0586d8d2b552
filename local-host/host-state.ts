/** `Error`: the process runs, answers 503 everywhere and says why under `/admin/host/status`. */
export type HostState = 'Default' | 'Starting' | 'Running' | 'Error' | 'Stopped';
