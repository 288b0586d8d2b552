/** The app's side of an upload, over HTTP. */
import type { MediaRecord } from '../../src/domain/media/media-record';

export interface Announced {
  readonly id: string;
  /** Signed; a secret until it expires. */
  readonly url: string;
}

/** What the app answered instead of what was asked for. */
export class AppRefusal extends Error {
  override readonly name = 'AppRefusal';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export class AppClient {
  constructor(
    private readonly base: string,
    private readonly key: string | undefined,
  ) {}

  announce(upload: {
    readonly name: string;
    readonly size: number;
    readonly contentType: string;
    readonly head: string;
  }): Promise<Announced> {
    return this.#ask<Announced>('POST', '/v1/uploads', JSON.stringify(upload));
  }

  /** Undefined when the app knows of no such upload any more. */
  async renew(id: string): Promise<Announced | undefined> {
    try {
      return await this.#ask<Announced>('POST', `/v1/uploads/${id}/renew`);
    } catch (error) {
      if (error instanceof AppRefusal && error.status === 404) return undefined;
      throw error;
    }
  }

  media(id: string): Promise<MediaRecord & { readonly deadLetter?: string }> {
    return this.#ask('GET', `/v1/media/${id}`);
  }

  async #ask<T>(method: string, path: string, body?: string): Promise<T> {
    const headers = {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(this.key === undefined ? {} : { 'x-functions-key': this.key }),
    };
    let answer;
    try {
      answer = await fetch(this.base + path, { method, headers, ...(body === undefined ? {} : { body }) });
    } catch (error) {
      const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
      throw new AppRefusal(
        0,
        `${this.base} does not answer (${cause}). Start the app (npm start), or name it with --url`,
      );
    }
    const text = await answer.text();
    if (answer.ok) return JSON.parse(text) as T;
    if (answer.status === 401)
      throw new AppRefusal(401, `${this.base} asks for a function key. Give one with SLUICE_KEY or --key.`);
    throw new AppRefusal(
      answer.status,
      detailOf(text) ??
        `${this.base} answered ${method} ${path} with ${answer.status}, not as Sluice does. Is it the app's address (--url)?`,
    );
  }
}

function detailOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { detail?: string }).detail;
  } catch {
    return undefined;
  }
}
