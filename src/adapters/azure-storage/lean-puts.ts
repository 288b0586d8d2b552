/**
 * Put Blob and Put Block straight over `node:http`, for the share: the SDK's layers cost more than a millisecond of CPU a
 * request, which is most of what carrying a small file costs (bench/README.md, nfs). Everything else stays with the SDK.
 * Invariants: 1. a request is tried again only as a whole, with the same bytes; 2. no error shows a signature or a token.
 */
import http from 'node:http';
import https from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/core-auth';
import type { StorageSharedKeyCredential } from '@azure/storage-blob';

/** How requests are signed. */
export type PutAccess =
  | { readonly kind: 'key'; readonly credential: StorageSharedKeyCredential }
  | { readonly kind: 'token'; readonly credential: TokenCredential }
  | { readonly kind: 'signature'; readonly signature: string };

export interface PutHeaders {
  /** MD5 of the body, which the service compares with what it receives. */
  readonly md5: Uint8Array;
  readonly signal?: AbortSignal;
}

export interface LeanPuts {
  putBlob(
    name: string,
    body: Uint8Array,
    headers: PutHeaders & {
      readonly contentType: string;
      readonly metadata: Readonly<Record<string, string>>;
      /** ETags, or `*`. */
      readonly conditions?: { readonly ifMatch?: string; readonly ifNoneMatch?: string };
    },
  ): Promise<{ readonly etag: string; readonly contentMD5: Uint8Array | undefined }>;
  putBlock(name: string, id: string, body: Uint8Array, headers: PutHeaders): Promise<void>;
}

/** The service's answer, or that there was none, in the shape of the SDK's own errors. */
export class PutRefused extends Error {
  override readonly name = 'RestError';
  constructor(
    message: string,
    readonly statusCode: number | undefined,
    readonly code: string,
  ) {
    super(message);
  }
}

export interface LeanPutsOptions {
  readonly tries: number;
  readonly firstDelayMs: number;
  /** How long a request may stand still. */
  readonly silenceMs: number;
}

const SERVICE_VERSION = '2021-12-02';
const TOKEN_SCOPE = 'https://storage.azure.com/.default';
/** A token is renewed this long before it ends. */
const TOKEN_MARGIN_MS = 5 * 60_000;
const LONGEST_ANSWER = 64 * 1024;

type Headers = Record<string, string | number>;

export function createLeanPuts(containerUrl: string, access: PutAccess, options: LeanPutsOptions): LeanPuts {
  const base = new URL(containerUrl);
  const secure = base.protocol === 'https:';
  const send = secure ? https.request : http.request;
  const agent = secure ? new https.Agent({ keepAlive: true }) : new http.Agent({ keepAlive: true });
  const root = base.pathname.replace(/\/+$/, '');
  const signed = signer(access);

  async function put(path: string, query: string, headers: Headers, body: Uint8Array, signal?: AbortSignal) {
    for (let left = options.tries, wait = options.firstDelayMs; ; wait *= 2) {
      signal?.throwIfAborted();
      try {
        return await once(path, query, headers, body, signal);
      } catch (error) {
        if (--left <= 0 || signal?.aborted || !(error instanceof PutRefused) || !passes(error.statusCode)) throw error;
        await delay(wait / 2 + (wait / 2) * Math.random(), undefined, signal ? { signal } : {});
      }
    }
  }

  async function once(
    path: string,
    query: string,
    headers: Headers,
    body: Uint8Array,
    signal?: AbortSignal,
  ): Promise<http.IncomingHttpHeaders> {
    const all: Headers = {
      ...headers,
      'content-length': body.byteLength,
      'x-ms-date': new Date().toUTCString(),
      'x-ms-version': SERVICE_VERSION,
    };
    const suffix = await signed(path, query, all);
    return new Promise((resolve, reject) => {
      const fail = (error: Error): void =>
        reject(
          signal?.aborted
            ? (signal.reason as Error)
            : new PutRefused(`No answer from storage (${base.host}): ${error.message}`, undefined, codeOf(error)),
        );
      const request = send(
        {
          host: base.hostname.replace(/^\[|\]$/g, ''),
          port: base.port,
          method: 'PUT',
          path: path + suffix,
          headers: all,
          agent,
          ...(signal ? { signal } : {}),
        },
        (response) => {
          const kept: Buffer[] = [];
          let length = 0;
          response.on('data', (chunk: Buffer) => {
            if ((length += chunk.length) <= LONGEST_ANSWER) kept.push(chunk);
          });
          // A body that trickles keeps the connection from ever being silent.
          const ends = setTimeout(
            () => response.destroy(new Error(`it did not end within ${options.silenceMs / 1000} s.`)),
            options.silenceMs,
          );
          response.once('close', () => clearTimeout(ends));
          response.once('error', fail);
          response.once('end', () => {
            const { statusCode = 0, headers: answered } = response;
            if (statusCode === 201) resolve(answered);
            else reject(refusal(statusCode, answered, Buffer.concat(kept).toString()));
          });
        },
      );
      request.setTimeout(options.silenceMs, () =>
        request.destroy(new Error(`it was silent for ${options.silenceMs / 1000} s.`)),
      );
      request.once('error', fail);
      request.end(body);
    });
  }

  const place = (name: string): string => `${root}/${name.split('/').map(encodeURIComponent).join('/')}`;
  return {
    async putBlob(name, body, { md5, contentType, metadata, conditions, signal }) {
      const hash = base64(md5);
      const answered = await put(
        place(name),
        '',
        {
          'content-md5': hash,
          'x-ms-blob-type': 'BlockBlob',
          'x-ms-blob-content-type': contentType,
          'x-ms-blob-content-md5': hash,
          ...(conditions?.ifMatch ? { 'if-match': conditions.ifMatch } : {}),
          ...(conditions?.ifNoneMatch ? { 'if-none-match': conditions.ifNoneMatch } : {}),
          ...Object.fromEntries(Object.entries(metadata).map(([key, value]) => [`x-ms-meta-${key}`, value])),
        },
        body,
        signal,
      );
      const computed = answered['content-md5'];
      return {
        etag: answered.etag ?? '',
        contentMD5: typeof computed === 'string' ? Buffer.from(computed, 'base64') : undefined,
      };
    },

    async putBlock(name, id, body, { md5, signal }) {
      await put(
        place(name),
        `comp=block&blockid=${encodeURIComponent(id)}`,
        { 'content-md5': base64(md5) },
        body,
        signal,
      );
    },
  };
}

/** Adds what signs the request to its headers; gives the query that goes to the service. */
function signer(access: PutAccess): (path: string, query: string, headers: Headers) => Promise<string> {
  if (access.kind === 'signature')
    return async (_path, query) => `?${query === '' ? '' : `${query}&`}${access.signature}`;
  const suffix = (query: string): string => (query === '' ? '' : `?${query}`);
  if (access.kind === 'key') {
    const { accountName } = access.credential;
    return async (path, query, headers) => {
      const signature = access.credential.computeHMACSHA256(textToSign(accountName, path, query, headers));
      headers['authorization'] = `SharedKey ${accountName}:${signature}`;
      return suffix(query);
    };
  }
  let token: Promise<{ readonly token: string; readonly expiresOnTimestamp: number }> | undefined;
  let renewAt = 0;
  return async (_path, query, headers) => {
    if (!token || Date.now() >= renewAt) {
      renewAt = Infinity;
      token = access.credential.getToken(TOKEN_SCOPE).then((got) => {
        if (!got) throw new PutRefused('The identity gave no token.', 401, 'NoToken');
        renewAt = got.expiresOnTimestamp - TOKEN_MARGIN_MS;
        return got;
      });
      token.catch(() => (token = undefined));
    }
    headers['authorization'] = `Bearer ${(await token).token}`;
    return suffix(query);
  };
}

/** Shared Key (https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key). */
function textToSign(account: string, path: string, query: string, headers: Headers): string {
  const ours = Object.entries(headers)
    .filter(([name]) => name.startsWith('x-ms-'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}\n`);
  const parameters = [...new URLSearchParams(query)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `\n${name}:${value}`);
  const length = headers['content-length'] === 0 ? '' : String(headers['content-length']);
  const [ifMatch = '', ifNoneMatch = ''] = [headers['if-match'], headers['if-none-match']];
  return `PUT\n\n\n${length}\n${String(headers['content-md5'])}\n\n\n\n${ifMatch}\n${ifNoneMatch}\n\n\n${ours.join('')}/${account}${path}${parameters.join('')}`;
}

/** No answer, too much at once, or the service's own trouble. */
function passes(status: number | undefined): boolean {
  return status === undefined || status === 408 || status === 429 || (status >= 500 && status !== 501);
}

function refusal(status: number, headers: http.IncomingHttpHeaders, body: string): PutRefused {
  const code = String(headers['x-ms-error-code'] ?? /<Code>([^<]*)/.exec(body)?.[1] ?? '');
  const said = /<Message>([^<\n]*)/.exec(body)?.[1] ?? 'Storage gave no reason.';
  return new PutRefused(`${status} ${code} ${said}`.replace(/ +/g, ' ').slice(0, 500), status, code);
}

function codeOf(error: Error): string {
  return (error as NodeJS.ErrnoException).code ?? 'EUNKNOWN';
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
}
