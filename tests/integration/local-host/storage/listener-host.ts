import { setTimeout as wait } from 'node:timers/promises';
import { systemClock } from '../../../../local-host/clock';
import type { FunctionDefinition } from '../../../../local-host/function-definition';
import { createLog } from '../../../../local-host/log';
import type { HostContext, Invocation } from '../../../../local-host/plugin';
import type { HostJson } from '../../../../local-host/settings/host-settings';

export interface Call {
  readonly fn: string;
  readonly invocation: Invocation;
}

export interface ListenerHostOptions {
  readonly values: Readonly<Record<string, string>>;
  readonly stateDir: string;
  readonly hostJson?: HostJson;
  readonly instanceId?: string;
  readonly instanceNumber?: number;
  /** Decides how a call ends; true is success. Default: success. */
  readonly answer?: (call: Call) => boolean | Promise<boolean>;
}

/** A host context that runs no app but notes what it is asked to invoke. */
export interface ListenerHost {
  readonly context: HostContext;
  readonly calls: readonly Call[];
  readonly lines: readonly string[];
  /** Resolves with all calls once there are this many that match. */
  called(count: number, matches?: (call: Call) => boolean): Promise<readonly Call[]>;
  /** Resolves with the first line that matches. */
  line(pattern: RegExp): Promise<string>;
}

const TIMEOUT_MS = 40_000;
let count = 0;

export function listenerHost(options: ListenerHostOptions): ListenerHost {
  const calls: Call[] = [];
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  const changed = (): void => [...waiting].forEach((look) => look());
  const until = async <T>(what: string, look: () => T | undefined): Promise<T> => {
    const late = new AbortController();
    try {
      return await Promise.race([
        new Promise<T>((resolve) => {
          const check = (): void => {
            const found = look();
            if (found === undefined) return;
            waiting.delete(check);
            resolve(found);
          };
          waiting.add(check);
          check();
        }),
        wait(TIMEOUT_MS, undefined, { signal: late.signal }).then(() => {
          throw new Error(`No ${what} within ${TIMEOUT_MS} ms. Calls: ${calls.length}. Lines:\n${lines.join('\n')}`);
        }),
      ]);
    } finally {
      late.abort();
    }
  };
  const context: HostContext = {
    settings: {
      ...{ appRoot: options.stateDir, values: options.values, hostId: 'testhost', hostVersion: '4.0', port: 0 },
      hostJson: options.hostJson ?? { version: '2.0', extensions: { queues: { maxPollingInterval: '00:00:01' } } },
    },
    clock: systemClock,
    log: createLog((record) => {
      lines.push(record.message);
      changed();
    }),
    instanceId: options.instanceId ?? `instance-${++count}`,
    instanceNumber: options.instanceNumber ?? 1,
    stateDir: options.stateDir,
    async invoke(fn: FunctionDefinition, invocation) {
      const call = { fn: fn.name, invocation };
      calls.push(call);
      changed();
      const answer = (await options.answer?.(call)) ?? true;
      return { invocationId: 'x', durationMs: 0, ...(answer ? {} : { error: { message: 'told to fail' } }) };
    },
  };
  return {
    ...{ context, calls, lines },
    called: (wanted, matches = () => true) =>
      until(`${wanted} calls`, () => (calls.filter(matches).length >= wanted ? calls.filter(matches) : undefined)),
    line: (pattern) => until(`line ${String(pattern)}`, () => lines.find((line) => pattern.test(line))),
  };
}

export function definition(name: string): FunctionDefinition {
  return { name, functionId: name, bindings: [] };
}

/** Looks again until something is there, for what only the storage can tell. */
export async function eventually<T>(look: () => Promise<T | undefined>, timeoutMs = TIMEOUT_MS): Promise<T> {
  const end = Date.now() + timeoutMs;
  while (Date.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await wait(20);
  }
  throw new Error('It did not come about.');
}
