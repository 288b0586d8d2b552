import type { DequeuedMessageItem } from '@azure/storage-queue';
import type { RpcData } from '../../rpc-data';
import { dotnetTime } from '../../storage/dotnet-time';
import { mergeJsonProperties } from '../../storage/json-metadata';

/** What the binding asks for: `binary` and `stream` hand on the bytes, everything else text. */
export function messageInput(bytes: Uint8Array, text: string, dataType: unknown): RpcData {
  const wanted = typeof dataType === 'string' ? dataType.toLowerCase() : '';
  return wanted === 'binary' || wanted === 'stream' ? { bytes } : { string: text };
}

/**
 * The metadata of a queue message as recorded from the real host: its own fields, then the JSON fields of its body, which
 * override them.
 */
export function messageMetadata(message: DequeuedMessageItem, text: string): Record<string, RpcData> {
  return mergeJsonProperties(
    {
      QueueTrigger: { string: text },
      DequeueCount: { int: message.dequeueCount },
      ExpirationTime: moment(message.expiresOn),
      Id: { string: message.messageId },
      InsertionTime: moment(message.insertedOn),
      NextVisibleTime: moment(message.nextVisibleOn),
      PopReceipt: { string: message.popReceipt },
    },
    text,
  );
}

/** Metadata of an invocation by hand (`POST /admin/functions/{name}`): no message lies behind it, hence no id. */
export function handMadeMetadata(bindingName: string, text: string, now: number): Record<string, RpcData> {
  return mergeJsonProperties(
    {
      QueueTrigger: { string: text },
      [bindingName]: { string: text },
      DequeueCount: { int: 0 },
      ExpirationTime: moment(new Date(now)),
      InsertionTime: moment(new Date(now)),
      NextVisibleTime: moment(new Date(now)),
    },
    text,
  );
}

function moment(at: Date): RpcData {
  return { json: JSON.stringify(dotnetTime(at)) };
}
