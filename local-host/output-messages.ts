import type { RpcData } from './rpc-data';

/**
 * The messages that a returned value stands for, as recorded from the real host: each element of an array is a message,
 * objects are indented by two spaces, text and bytes go as they are. An empty array and null send nothing.
 */
export function messagesOf(data: RpcData): (string | Uint8Array)[] {
  if ('bytes' in data) return [data.bytes];
  if ('stream' in data) return [data.stream];
  if ('string' in data) return textMessages(data.string);
  if ('json' in data) return jsonMessages(JSON.parse(data.json) as unknown);
  if ('int' in data) return [String(data.int)];
  if ('double' in data) return [String(data.double)];
  if ('collectionString' in data) return data.collectionString.string;
  return [];
}

/** Text that is a JSON array counts as several messages, like the array itself. */
function textMessages(text: string): string[] {
  if (!/^\s*\[/.test(text)) return [text];
  try {
    return jsonMessages(JSON.parse(text) as unknown);
  } catch {
    return [text];
  }
}

function jsonMessages(value: unknown): string[] {
  if (value === null) return [];
  return Array.isArray(value) ? value.map(oneMessage) : [oneMessage(value)];
}

function oneMessage(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}
