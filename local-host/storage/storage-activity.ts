/**
 * Tells listeners of one host what was just written to the embedded storage, so that they look at once instead of at their
 * next poll. Only a hint: a host whose storage is elsewhere hears nothing and polls as the real one does.
 */
import { dirname, join } from 'node:path';
import { systemClock } from '../clock';
import type { HostContext } from '../plugin';
import { parseAccessLogLine, storageEventOf, type StorageEvent } from './access-log-line';
import { AccessLogTail } from './access-log-tail';
import { readDescriptor } from './azurite-descriptor';
import { DEVELOPMENT_ACCOUNT } from './development-account';
import { perHost } from './per-host';

type Hear = (event: StorageEvent) => void;

/**
 * The access log of the Azurite that serves `serviceUrl`, if its folder lies in or beside the host's state. Matched by port,
 * so that the log of another Azurite is never taken for it.
 */
export function accessLogOf(stateDir: string, serviceUrl: string): string | undefined {
  const { hostname, port } = new URL(serviceUrl);
  if (hostname !== '127.0.0.1' && hostname !== 'localhost') return undefined;
  for (const folder of [join(stateDir, 'azurite'), join(dirname(stateDir), 'azurite')]) {
    const found = readDescriptor(folder);
    if (found && Object.values(found.ports).includes(Number(port))) return found.accessLog;
  }
  return undefined;
}

export class StorageActivity {
  readonly #tails = new Map<string, { tail: AccessLogTail; hear: Set<Hear> }>();

  constructor(private readonly context: HostContext) {}

  /** Calls back for each write to the storage at `serviceUrl`. The returned function ends that. */
  listen(serviceUrl: string, hear: Hear): () => void {
    const { host } = new URL(serviceUrl);
    let known = this.#tails.get(host);
    if (!known) {
      const listeners = new Set<Hear>();
      const tail = new AccessLogTail({
        clock: systemClock,
        findFile: () => accessLogOf(this.context.stateDir, serviceUrl),
        onLines: (lines) => {
          for (const line of lines) {
            const entry = parseAccessLogLine(line, DEVELOPMENT_ACCOUNT);
            const event = entry && storageEventOf(entry);
            if (event) for (const listener of listeners) listener(event);
          }
        },
      });
      known = { tail, hear: listeners };
      this.#tails.set(host, known);
      void tail.start();
    }
    const { hear: listeners } = known;
    listeners.add(hear);
    return () => void listeners.delete(hear);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#tails.values()].map(({ tail }) => tail.stop()));
    this.#tails.clear();
  }
}

/** The one StorageActivity of a host. */
export const storageActivity = perHost(
  (context) => new StorageActivity(context),
  (activity) => activity.close(),
);
