import { codeOf, messageOf, statusOf } from './azure-sdk';

/** Why a storage cannot be used, and what to do about it, for the end of a message. @param connection name of its setting */
export function outage(error: unknown, connection: string): string {
  const code = codeOf(error);
  const text = messageOf(error).split('\n')[0] ?? '';
  const cause = code === undefined || text.includes(code) ? text : `${code}: ${text}`;
  return `${cause.replace(/\.?$/, '.')} ${remedy(statusOf(error), connection)}`;
}

function remedy(status: number | undefined, connection: string): string {
  if (status === undefined)
    return `Nothing answers there: start the storage that the setting '${connection}' names (for development storage: Azurite), or correct the setting.`;
  if (status === 401 || status === 403)
    return `The storage refuses the key or identity of the setting '${connection}': correct it, or give the identity the role for queues and blobs.`;
  return `See the storage that the setting '${connection}' names.`;
}
