import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyInstance } from '@fastify/busboy';
import type { FormEnd, FormReader } from '../../ports/form-reader';

/** What a refused body may still send before its connection is cut, so that the client gets to read the answer. */
const DISCARD_BYTES = 256 * 1024 * 1024;

const limits = { headerPairs: 100, headerSize: 16 * 1024, fieldNameSize: 1024, fieldSize: 64 * 1024, fields: 1000 };

/** {@link FormReader} by `@fastify/busboy`. Holds no more than the parser's own buffer: reading waits for the file handler. */
export function createFormReader(): FormReader {
  return {
    discard,
    async read({ contentType, body }, { maxFiles }, onFile) {
      const refusal = refuse(contentType);
      if (refusal) {
        discard(body);
        return refusal;
      }
      let end: FormEnd | undefined;
      let thrown: { error: unknown } | undefined;
      let current: BusboyFileStream | undefined;
      let handled: Promise<void> = Promise.resolve();
      const parser = makeParser(contentType ?? '', maxFiles);
      if (!parser) {
        discard(body);
        return rejected(
          'BODY_MALFORMED',
          'The Content-Type header cannot be understood. Let the client write it, as curl -F does.',
        );
      }

      await new Promise<void>((resolve) => {
        const finish = (result: FormEnd, asError?: Error): void => {
          if (end) return;
          end = result;
          body.unpipe(parser);
          if (current && !current.destroyed) current.destroy(asError ?? new Error('The form was not read to its end.'));
          resolve();
        };
        const fail = (error: Error): void => finish(brokenForm(error), error);

        parser.on('file', (field: string, stream: BusboyFileStream, fileName: string) => {
          current = stream;
          // An error also ends the iteration in the handler; without a listener it would end the process.
          stream.on('error', () => undefined);
          handled = handled
            .then(async () => {
              if (end) return;
              const next = await onFile({ field, fileName, content: stream });
              stream.resume();
              if (next === 'stop') finish({ kind: 'stopped' });
            })
            .catch((error: unknown) => {
              thrown ??= { error };
              finish({ kind: 'stopped' });
            });
        });
        parser.on('filesLimit', () =>
          finish(rejected('TOO_MANY_FILES', `A form may hold ${maxFiles} files. Send the rest in further requests.`)),
        );
        parser.on('error', (error: unknown) => fail(error as Error));
        parser.on('finish', () => void handled.then(() => finish({ kind: 'complete' })));
        body.on('error', fail);
        body.on('close', () => {
          if (!body.readableEnded) fail(new Error('The client hung up.'));
        });
        body.pipe(parser);
      });

      await handled;
      if (end?.kind !== 'complete') discard(body);
      // A broken form also makes the file handler throw; the form's own reason says more.
      if (thrown && end?.kind !== 'rejected') throw thrown.error as Error;
      return end ?? { kind: 'complete' };
    },
  };
}

function refuse(contentType: string | undefined): FormEnd | undefined {
  if (!contentType || !/^multipart\/form-data\b/i.test(contentType)) {
    const found = contentType
      ? `Content-Type is ${JSON.stringify(contentType.slice(0, 100))}`
      : 'There is no Content-Type header';
    return rejected(
      'MULTIPART_REQUIRED',
      `${found}; multipart/form-data is needed, for example: curl -F "file=@./heyo.png" …/upload`,
    );
  }
  if (!/;\s*boundary=("[^"]+"|[^\s;"]+)/i.test(contentType)) {
    return rejected(
      'BOUNDARY_MISSING',
      'The Content-Type header names no boundary. Let the client write that header, as curl -F does.',
    );
  }
  return undefined;
}

function makeParser(contentType: string, maxFiles: number): BusboyInstance | undefined {
  try {
    return new Busboy({
      headers: { 'content-type': contentType },
      preservePath: true,
      limits: { ...limits, files: maxFiles },
    });
  } catch {
    return undefined;
  }
}

function brokenForm(error: Error): FormEnd {
  const text = error.message;
  if (/hung up|aborted|Unexpected end|Part terminated early|ECONNRESET|premature|terminated/i.test(text)) {
    return rejected('BODY_TRUNCATED', 'The form ended before its closing boundary. Nothing was stored; send it again.');
  }
  return rejected('BODY_MALFORMED', `The form cannot be read: ${text.slice(0, 200)}`);
}

function rejected(code: Extract<FormEnd, { kind: 'rejected' }>['code'], detail: string): FormEnd {
  return { kind: 'rejected', code, detail };
}

/**
 * Reads on and throws away, within bounds: a client that is still sending does not look at the answer, and closing on it
 * would reset the connection and lose the answer.
 */
function discard(body: Readable): void {
  if (body.destroyed || body.readableEnded) return;
  let seen = 0;
  body.on('error', () => undefined);
  body.on('data', (chunk: Uint8Array) => {
    seen += chunk.byteLength;
    if (seen > DISCARD_BYTES) body.destroy();
  });
  body.resume();
}
