/** The app's side of an upload, over HTTP. */
import type { MediaRecord } from '../../src/domain/media/media-record';
import { AppRefusal, askApp, type AppAddress } from '../local/ask-app';

export interface Announced {
  readonly id: string;
  /** Signed; a secret until it expires. */
  readonly url: string;
}

export class AppClient {
  constructor(private readonly app: AppAddress) {}

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

  #ask<T>(method: string, path: string, body?: string): Promise<T> {
    return askApp<T>(this.app, method, path, body);
  }
}
