/** Hosts with the whole app, each as a machine of its own, that crash, stand still, join and leave. */
import { mkdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { startHostProcess, type HostProcessUnderTest } from '../host-process-under-test';
import type { Disruption } from './verdict';

/** `host` and `app` are two processes; a pause of `both` is a machine that sleeps. */
export type Part = 'host' | 'app' | 'both';

interface Machine {
  readonly name: string;
  host: HostProcessUnderTest | undefined;
  /** Starts so far. */
  starts: number;
  /** Process ids that stand still. */
  stopped: number[];
}

export interface FleetOptions {
  /** Settings of a host, given the path under which it is to call the downstream. */
  readonly settings: (callerPath: string) => Readonly<Record<string, string>>;
  /** For the state of the machines. */
  readonly folder: string;
  /** Calls that the downstream got so far. */
  readonly calls: () => number;
}

export class Fleet {
  readonly disruptions: Disruption[] = [];
  readonly #machines = new Map<string, Machine>();
  readonly #hosts: { readonly path: string; readonly host: HostProcessUnderTest }[] = [];

  constructor(private readonly options: FleetOptions) {}

  /** Starts the host of a machine; what an earlier one left in its folder is there. */
  async start(name: string): Promise<void> {
    const machine = this.#machines.get(name) ?? { name, host: undefined, starts: 0, stopped: [] };
    this.#machines.set(name, machine);
    machine.starts++;
    const folder = path.join(this.options.folder, name);
    mkdirSync(folder, { recursive: true });
    machine.host = await startHostProcess(this.options.settings(callerPath(machine)), folder);
    this.#hosts.push({ path: callerPath(machine), host: machine.host });
  }

  /** What the hosts printed, those that are gone included: warnings and errors, by the path under which each called. */
  troubles(): string[] {
    return this.#hosts.flatMap(({ path: of, host }) =>
      host
        .output()
        .split('\n')
        .filter((line) => /warn|error|fail/i.test(line))
        .map((line) => `${of} ${line}`),
    );
  }

  /** SIGKILL. Without its host, the app ends by itself; the host starts an app that ended again. */
  async kill(name: string, part: 'host' | 'app'): Promise<void> {
    const { machine, host } = this.#running(name);
    this.#disrupted(machine);
    if (part === 'app') {
      for (const pid of appOf(host.pid)) process.kill(pid, 'SIGKILL');
      return;
    }
    await host.kill();
    machine.host = undefined;
  }

  pause(name: string, part: Part): void {
    const { machine, host } = this.#running(name);
    this.#disrupted(machine);
    const pids = [...(part === 'app' ? [] : [host.pid]), ...(part === 'host' ? [] : appOf(host.pid))];
    for (const pid of pids) process.kill(pid, 'SIGSTOP');
    machine.stopped = pids;
  }

  wake(name: string): void {
    const machine = this.#machines.get(name);
    for (const pid of machine?.stopped.splice(0) ?? []) process.kill(pid, 'SIGCONT');
  }

  /** SIGTERM: it ends when what it has in hand is settled. */
  async leave(name: string): Promise<void> {
    const { machine, host } = this.#running(name);
    await host.stop();
    machine.host = undefined;
  }

  /** All that is left, whatever its state. */
  async end(): Promise<void> {
    for (const { name, host } of this.#machines.values()) {
      this.wake(name);
      await host?.kill();
    }
  }

  /** Names of those that run, paused ones included. */
  running(): string[] {
    return [...this.#machines.values()].filter(({ host }) => host).map(({ name }) => name);
  }

  #running(name: string): { machine: Machine; host: HostProcessUnderTest } {
    const machine = this.#machines.get(name);
    if (!machine?.host) throw new Error(`${name} does not run`);
    return { machine, host: machine.host };
  }

  #disrupted(machine: Machine): void {
    this.disruptions.push({ path: callerPath(machine), afterCalls: this.options.calls() });
  }
}

function callerPath({ name, starts }: Machine): string {
  return `/${name}-${starts}`;
}

/** Process ids of the children of a host. */
function appOf(pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);
}
