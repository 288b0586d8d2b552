/**
 * The public port. It accepts connections without reading a byte from them and hands each to whoever serves: the worker,
 * or the host itself. Until somebody does, connections wait.
 */
import net from 'node:net';

/** The port cannot be had; the message says what to do. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError';
  readonly port: number;

  constructor(port: number, cause: unknown) {
    super(
      `Port ${port} is unavailable. Close the process using that port, or specify another port using --port [-p].`,
      { cause },
    );
    this.port = port;
  }
}

type Target = (socket: net.Socket) => void;

export class PublicListener {
  readonly #server = net.createServer({ pauseOnConnect: true, noDelay: true }, (socket) => {
    // A client that hangs up while it waits is noticed by whoever gets the connection.
    socket.on('error', () => undefined);
    socket.once('close', () => this.#waiting.delete(socket));
    this.accept(socket);
  });
  readonly #waiting = new Set<net.Socket>();
  #target: Target | undefined;
  #closed = false;

  /** Resolves with the port bound; @throws PortInUseError */
  listen(port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'EADDRINUSE' || error.code === 'EACCES' ? new PortInUseError(port, error) : error),
      );
      this.#server.listen(port, () => {
        const address = this.#server.address();
        resolve(typeof address === 'object' && address ? address.port : port);
      });
    });
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
    this.#server.close();
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
}
