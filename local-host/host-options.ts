import type { Clock } from './clock';
import type { EndLimits } from './end-within';
import type { InstanceLock } from './instance-lock';
import type { HostState } from './host-state';
import type { IndexedFunction } from './indexing';
import type { Log } from './log';
import type { Registry } from './registry';
import type { LoadedSettings } from './settings/load-settings';
import type { InvocationOutcome } from './worker-protocol';

export interface HostOptions {
  readonly loaded: LoadedSettings;
  readonly registry: Registry;
  readonly clock: Clock;
  readonly log: Log;
  readonly stateDir: string;
  /** Taken before the host is made; the host lets go of it when it has stopped. */
  readonly lock: InstanceLock;
  /** Only these functions; all when empty. */
  readonly only: readonly string[];
  readonly authEnabled: boolean;
  readonly key: string | undefined;
  /** Where HTTP is taken; this machine alone when undefined. See PublicListener. */
  readonly address?: string | undefined;
  /** Runs once the port is bound, before the app is loaded. Must not reject. */
  readonly prepare?: () => Promise<void>;
  /** Runs when everything else has stopped. */
  readonly release?: () => Promise<void>;
  /** For what is in hand when the host is told to stop. Default: said after 5 s, left after 60 s. */
  readonly stopLimits?: EndLimits | undefined;
}

/** An invocation that ended, whoever triggered it. */
export interface Executed {
  readonly functionName: string;
  readonly invocationId: string;
  readonly durationMs: number;
  readonly error?: InvocationOutcome['error'];
}

export interface HostEvents {
  /** The app is loaded and its functions are known. */
  indexed: [functions: readonly IndexedFunction[]];
  executed: [executed: Executed];
  stateChanged: [state: HostState];
}
