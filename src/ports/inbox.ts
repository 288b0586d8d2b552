/**
 * The memory of what has been applied, in two phases: claim with a lease, apply, mark done. Two owners never hold one key at
 * once; an owner that dies loses its claim when the lease ends.
 */
export interface Inbox {
  /** Claims, or claims again for the same owner. `done` and `held` leave the entry untouched. */
  claim(key: string, owner: string, leaseMs: number): Promise<Claim>;
  /** Marks the key done for good (until retention removes it). Idempotent. */
  complete(key: string, owner: string, outcome: string): Promise<void>;
  /** Gives the claim up so that a replay may run; that stays to be seen. Does nothing when another owner holds it or it is done. */
  release(key: string, owner: string): Promise<void>;
  /** What is known of a key. */
  look(key: string): Promise<Known>;
}

export type Known =
  { readonly kind: 'unknown' | 'claimed' | 'released' } | { readonly kind: 'done'; readonly outcome: string };

export type Claim =
  | { readonly kind: 'claimed' }
  | { readonly kind: 'held'; readonly by: string; /** Milliseconds since the epoch. */ readonly until: number }
  | { readonly kind: 'done'; readonly outcome: string };

/**
 * The claims of an inbox for keys that come by the hundred and whose effect leaves its own trace (a source that is gone), so
 * that nothing need be remembered once the work succeeded; how often it failed is. Keys of one group share a partition. A claim that nobody renewed for as
 * long as one lasts has ended, even where the clock was set back meanwhile.
 */
export interface GroupInbox {
  /** Claims, or claims again for the same owner, each key for itself; answers in the order of the keys. */
  claimAll(group: string, keys: readonly string[], owner: string, leaseMs: number): Promise<readonly GroupClaim[]>;
  /** Forgets the owner's claims, and with them what failed before; those of others stay. */
  releaseAll(group: string, keys: readonly string[], owner: string): Promise<void>;
  /**
   * Counts one failure of each key, once for an owner however often it tells, and ends the owner's claims unless they are to
   * run out by themselves. Answers in the order of the keys.
   */
  failAll(
    group: string,
    keys: readonly string[],
    owner: string,
    keepClaims?: boolean,
  ): Promise<readonly GroupFailures[]>;
  /** Ends the owner's claims; what failed before stays known. */
  endAll(group: string, keys: readonly string[], owner: string): Promise<void>;
  /** Somebody was told of the failures of this key. */
  noteTold(group: string, key: string): Promise<void>;
  /** The key begins anew: as if it had never been claimed or failed. */
  forget(group: string, key: string): Promise<void>;
  /** Removes what was neither claimed nor failed since this time: runs that never came back. Gives how many. */
  tidy(group: string, beforeMs: number): Promise<number>;
}

export interface GroupFailures {
  /** Owners that failed, without a success in between. */
  readonly failures: number;
  readonly told: boolean;
}

export type GroupClaim = Exclude<Claim, { readonly kind: 'done' }>;
