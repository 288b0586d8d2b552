/**
 * Order of the versions of one blob by Event Grid's `sequencer`: a string of hexadecimal digits that sorts as text once
 * both sides have the same length. Unknown ('') sorts before everything.
 */
export function compareSequencers(a: string, b: string): number {
  const width = Math.max(a.length, b.length);
  const left = a.padStart(width, '0').toLowerCase();
  const right = b.padStart(width, '0').toLowerCase();
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The copy that stands in the destination now, read from its metadata. */
export interface StandingCopy {
  readonly sourceEtag: string;
  readonly sequencer: string;
  readonly state: 'success' | 'pending' | 'broken';
}

/**
 * Whether a version may be written over what stands in the destination. An older version never replaces a newer one; the
 * same version again is done already, unless it is to be copied `again` because its copy was found wanting.
 */
export function decideCopy(
  incoming: { readonly etag: string; readonly sequencer: string },
  standing: StandingCopy | undefined,
  again = false,
): 'copy' | 'done' | 'wait' | 'superseded' {
  if (!standing) return 'copy';
  const same = incoming.etag !== '' && standing.sourceEtag === incoming.etag;
  if (standing.state === 'pending' && same) return 'wait';
  if (same) return standing.state === 'success' && !again ? 'done' : 'copy';
  if (incoming.sequencer && compareSequencers(incoming.sequencer, standing.sequencer) < 0) return 'superseded';
  return standing.state === 'pending' ? 'wait' : 'copy';
}
