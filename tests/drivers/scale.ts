/** Full counts in a soak, a tenth of them in `npm test`. */
export const isSoak = process.env.SLUICE_SOAK === '1';

export function scaled(full: number): number {
  return isSoak ? full : Math.ceil(full / 10);
}
