/**
 * Decides whether an app gets the embedded storage: only when its setting says development storage and nothing listens there.
 * A storage that cannot be started stops no host: HTTP functions run without one, and triggers wait for it.
 */
import { connect } from 'node:net';
import type { Log } from '../log';
import { AzuriteStartError } from './azurite';
import type { AzuriteService } from './azurite-probe';
import { readDescriptor, type AzuritePorts } from './azurite-descriptor';
import { developmentPorts } from './development-storage';
import { startEmbeddedStorage, type EmbeddedStorage } from './embedded-storage';
import { isAlive, processStartTime } from '../process-state';

export interface StorageOfAppOptions {
  /** Folder for Azurite's data; made when needed. */
  readonly location: string;
  /** `AzureWebJobsStorage`. */
  readonly connection: string | undefined;
  readonly appRoot: string;
  readonly log: Log;
  /** Folders to look for Azurite from. Default: the host's own, the app's, the current one. */
  readonly resolveFrom?: readonly string[];
}

export class StorageOfApp {
  readonly #options: StorageOfAppOptions;
  #starting: Promise<EmbeddedStorage | undefined> = Promise.resolve(undefined);

  constructor(options: StorageOfAppOptions) {
    this.#options = options;
  }

  /** Resolves when the storage answers, is not needed, or cannot be had. */
  async start(): Promise<void> {
    this.#starting = this.#start();
    await this.#starting;
  }

  /** Ends what was started here, unless another host uses it too. */
  async stop(): Promise<void> {
    try {
      await (await this.#starting)?.stop();
    } catch (error) {
      this.#options.log.error(`The embedded storage did not stop: ${messageOf(error)}`);
    }
  }

  async #start(): Promise<EmbeddedStorage | undefined> {
    const { location, connection, appRoot, log, resolveFrom = [__dirname, appRoot, process.cwd()] } = this.#options;
    const ports = developmentPorts(connection);
    if (ports === undefined) return undefined;
    if (!this.#isOurs(ports)) {
      const silent = await silentServices(ports);
      if (silent.length === 0) return undefined;
      if (silent.length < Object.keys(ports).length) {
        log.warning(
          `AzureWebJobsStorage is used as given, for something listens there; but not for ${silent.map((service) => `${service} (port ${ports[service]})`).join(', ')}. Start the whole emulator, or end what listens so that the host starts its own.`,
        );
        return undefined;
      }
    }
    try {
      const storage = await startEmbeddedStorage(
        { location, ports, resolveFrom },
        (pid) => log.warning(`Azurite (process ${pid}) ended; starting it again.`),
        (reason) => log.error(`Azurite cannot be started again; trying until it can. ${reason}`),
      );
      const { azurite } = storage;
      log.information(
        `Azurite ${azurite.adopted ? 'found running' : 'started'} on ports ${ports.blob}, ${ports.queue}, ${ports.table} (process ${azurite.pid}); data in ${location}`,
      );
      return storage;
    } catch (error) {
      const remedy =
        error instanceof AzuriteStartError ? '' : ' Start a storage emulator yourself, or set AzureWebJobsStorage.';
      log.error(
        `The embedded storage does not run, so functions that need AzureWebJobsStorage will wait for it. ${messageOf(error)}${remedy}`,
      );
      return undefined;
    }
  }

  /** Whether the Azurite of this app's folder runs, on these ports; this host then uses it too. */
  #isOurs(ports: AzuritePorts): boolean {
    const known = readDescriptor(this.#options.location);
    return known?.ports.blob === ports.blob && isAlive(known.pid) && processStartTime(known.pid) === known.startTime;
  }
}

/** The services at whose port nothing listens. */
async function silentServices(ports: AzuritePorts): Promise<AzuriteService[]> {
  const found = await Promise.all(
    (['blob', 'queue', 'table'] as const).map(async (service) => ((await listens(ports[service])) ? [] : [service])),
  );
  return found.flat();
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    const answer = (found: boolean): void => {
      socket.destroy();
      resolve(found);
    };
    socket.setTimeout(2000, () => answer(true));
    socket.once('connect', () => answer(true));
    socket.once('error', () => answer(false));
  });
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
