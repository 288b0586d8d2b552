import { parseClaimedPath } from './claimed-path';

/** Path below the processing root that a message of `share-replays` names, or why there is none. Never throws. */
export function parseReplayMessage(
  text: string,
): { readonly kind: 'path'; readonly path: string } | { readonly kind: 'rejected'; readonly reason: string } {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return { kind: 'rejected', reason: 'The message is not JSON.' };
  }
  const path = (json as { path?: unknown } | null)?.path;
  if (typeof path !== 'string' || !parseClaimedPath(path))
    return { kind: 'rejected', reason: 'The message names no claimed file: {"path": "<date>/<session>/<file>"}.' };
  return { kind: 'path', path };
}
