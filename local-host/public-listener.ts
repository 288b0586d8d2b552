/**
 * The public port. It accepts connections without reading a byte from them and hands each to whoever serves: the worker,
 * or the host itself. Until somebody does, connections wait.
 */
import net from 'node:net';

/** The port cannot be had; the message says what to do. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly port: number;

  /** @param option of the command line that chooses the port */
  constructor(port: number, cause: unknown, option = '--port [-p]') {
    const forbidden = (cause as NodeJS.ErrnoException).code === 'EACCES';
    super(
      forbidden
        ? `Port ${port} may not be opened by this user. Specify one above 1023 using ${option}.`
        : `Port ${port} is unavailable. Close the process using that port, or specify another port using ${option}.`,
      { cause },
    );
    this.port = port;
  }
}

/** The address to listen on is none of this machine's. */
export class AddressError extends Error {
  override readonly name = 'AddressError';

  constructor(address: string, cause: unknown) {
    super(
      `'${address}' is no address of this machine (${(cause as NodeJS.ErrnoException).code ?? 'unknown reason'}). Use --host 127.0.0.1 for this machine alone, or --host 0.0.0.0 for all its addresses.`,
      { cause },
    );
  }
}

type Target = (socket: net.Socket) => void;

/** Both spellings of this machine: `localhost` means the second first for some clients. */
const LOOPBACK = ['127.0.0.1', '::1'] as const;
const NO_SUCH_ADDRESS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT', 'ENOTFOUND', 'EAI_AGAIN', 'EINVAL']);
const FREE_PORT_TRIES = 10;

export class PublicListener {
  readonly #waiting = new Set<net.Socket>();
  #servers: net.Server[] = [];
  #target: Target | undefined;
  #closed = false;

  /**
   * Resolves with the port bound. Without an address only this machine can connect, by IPv4 and, where there is one, IPv6.
   * @throws PortInUseError, AddressError
   */
  async listen(port: number, address?: string): Promise<number> {
    if (address !== undefined && address !== 'localhost') return this.#bind(port, address);
    for (let tries = 1; ; tries++) {
      const bound = await this.#bind(port, LOOPBACK[0]);
      try {
        await this.#bind(bound, LOOPBACK[1]);
      } catch (error) {
        // A machine without IPv6 does without it.
        if (error instanceof PortInUseError) {
          this.#servers.splice(0).forEach((server) => server.close());
          // The system chose a port that is free for IPv4 alone; it is asked for another.
          if (port === 0 && tries < FREE_PORT_TRIES) continue;
          throw error;
        }
      }
      return bound;
    }
  }

  /** From here on connections go to `target`, those that wait first; undefined makes them wait. */
  direct(target: Target | undefined): void {
    this.#target = target;
    if (!target) return;
    for (const socket of this.#waiting) {
      this.#waiting.delete(socket);
      target(socket);
    }
  }

  /** Takes no more connections; those that wait are closed. */
  close(): void {
    this.#closed = true;
    for (const server of this.#servers) server.close();
    this.#target = undefined;
    for (const socket of this.#waiting) socket.destroy();
    this.#waiting.clear();
  }

  /** Takes a connection: a new one, or one that a worker did not live to get. */
  accept(socket: net.Socket): void {
    if (this.#closed) socket.destroy();
    else if (this.#target) this.#target(socket);
    else this.#waiting.add(socket);
  }

  #bind(port: number, address: string): Promise<number> {
    const server = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
      // A client that hangs up while it waits is noticed by whoever gets the connection.
      socket.on('error', () => undefined);
      socket.once('close', () => this.#waiting.delete(socket));
      this.accept(socket);
    });
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => reject(explained(error, port, address)));
      server.listen(port, address, () => {
        // Later faults, such as no more file descriptors, cost a connection and not the host.
        server.on('error', () => undefined);
        this.#servers.push(server);
        if (this.#closed) server.close();
        const bound = server.address();
        resolve(typeof bound === 'object' && bound ? bound.port : port);
      });
    });
  }
}

function explained(error: NodeJS.ErrnoException, port: number, address: string): Error {
  if (error.code === 'EADDRINUSE' || error.code === 'EACCES') return new PortInUseError(port, error);
  return NO_SUCH_ADDRESS.has(error.code ?? '') ? new AddressError(address, error) : error;
}
