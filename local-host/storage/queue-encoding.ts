/** How message texts are written to and read from queues: host.json `extensions.queues.messageEncoding`, `base64` by default. */
import type { HostSettings } from '../settings/host-settings';

export type MessageEncoding = 'base64' | 'none';

export function messageEncodingOf(settings: Pick<HostSettings, 'hostJson'>): MessageEncoding {
  const value = settings.hostJson.extensions?.queues?.messageEncoding;
  return typeof value === 'string' && value.toLowerCase() === 'none' ? 'none' : 'base64';
}

export function encodeMessage(content: string | Uint8Array, encoding: MessageEncoding): string {
  const bytes = typeof content === 'string' ? Buffer.from(content, 'utf8') : Buffer.from(content);
  return bytes.toString(encoding === 'base64' ? 'base64' : 'utf8');
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** The bytes of a message as it lies in the queue; undefined when it is not in the encoding that host.json asks for. */
export function decodeMessage(text: string, encoding: MessageEncoding): Uint8Array | undefined {
  if (encoding === 'none') return Buffer.from(text, 'utf8');
  const compact = text.replace(/[ \t\r\n]/g, '');
  return BASE64.test(compact) ? Buffer.from(compact, 'base64') : undefined;
}

/** Text of UTF-8 bytes; undefined when they are none. A byte order mark is kept, as .NET's strict decoder keeps it. */
export function strictUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
