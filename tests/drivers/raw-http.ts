/** HTTP as bytes, for requests that no proper client would send. */
import { connect, type Socket } from 'node:net';

export interface RawAnswer {
  /** 0 when the connection ended without an answer. */
  readonly status: number;
  readonly text: string;
}

export function openSocket(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname, () => resolve(socket));
    socket.once('error', reject);
  });
}

/** Sends the bytes and gives what came back until the other side closed. */
export async function rawRequest(
  url: string,
  bytes: string | Buffer,
  options: { readonly end?: boolean } = {},
): Promise<RawAnswer> {
  const socket = await openSocket(url);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString();
      resolve({ status: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0), text });
    });
    if (options.end) socket.end(bytes);
    else socket.write(bytes);
  });
}

export const png = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

/** A multipart part with headers as given. */
export function part(headers: readonly string[], content: string | Buffer, boundary = 'xx'): Buffer {
  return Buffer.concat([
    Buffer.from(`--${boundary}\r\n${headers.join('\r\n')}\r\n\r\n`),
    Buffer.from(content),
    Buffer.from('\r\n'),
  ]);
}

export function filePart(name: string, content: string | Buffer = png, field = 'file'): Buffer {
  return part(
    [`Content-Disposition: form-data; name="${field}"; filename="${name}"`, 'Content-Type: image/png'],
    content,
  );
}

export const closing = Buffer.from('--xx--\r\n');
