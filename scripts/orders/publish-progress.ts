/** What a run of the publisher says of itself. */
const WIDTH = 24;

export interface PublishCounts {
  readonly sent: number;
  readonly order: number;
  readonly duplicate: number;
  readonly poison: number;
}

/** `[######······]  50 %  500 of 1000  99.8/s  5 s left`. */
export function publishBar(sent: number, count: number, seconds: number): string {
  const share = count === 0 ? 1 : sent / count;
  const full = Math.floor(share * WIDTH);
  const rate = seconds > 0 ? sent / seconds : 0;
  const left = rate > 0 && sent < count ? `  ${Math.ceil((count - sent) / rate)} s left` : '';
  const percent = String(Math.floor(share * 100)).padStart(3);
  return `[${'#'.repeat(full)}${'·'.repeat(WIDTH - full)}] ${percent} %  ${sent} of ${count}  ${rate.toFixed(1)}/s${left}`;
}

/** The least share of the wanted rate that counts as reached. */
const REACHED = 0.95;

/** Lines for the end; the second only where the rate was missed. */
export function publishSummary(
  target: string,
  { sent, order, duplicate, poison }: PublishCounts,
  wanted: { readonly rate: number; readonly count: number },
  seconds: number,
): readonly string[] {
  const rate = sent / Math.max(seconds, 0.001);
  const all = sent === wanted.count ? `${sent}` : `${sent} of ${wanted.count}`;
  const lines = [
    `Sent ${all} to ${target} in ${seconds.toFixed(1)} s (${rate.toFixed(1)}/s): ${order} events, ${duplicate} again, ${poison} that are no orders.`,
  ];
  // Fewer than a second's worth say nothing of a rate: connecting takes longer.
  if (seconds >= 1 && sent >= wanted.rate && rate < wanted.rate * REACHED)
    lines.push(
      `The rate of ${wanted.rate}/s was not reached: ${target} took ${rate.toFixed(1)}/s from one publisher. More need several at once, or another backend.`,
    );
  return lines;
}
