/** The lines around every invocation, as the real host words them; tools and people wait for them. */

export const HTTP_REASON = 'This function was programmatically called via the host APIs.';

export function executingLine(functionName: string, reason: string, invocationId: string): string {
  return `Executing 'Functions.${functionName}' (Reason='${reason}', Id=${invocationId})`;
}

export function executedLine(
  functionName: string,
  succeeded: boolean,
  invocationId: string,
  durationMs: number,
): string {
  return `Executed 'Functions.${functionName}' (${succeeded ? 'Succeeded' : 'Failed'}, Id=${invocationId}, Duration=${Math.round(durationMs)}ms)`;
}

/** `hh:mm:ss` */
export function timeSpan(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number): string => String(Math.floor(n)).padStart(2, '0');
  return `${two(seconds / 3600)}:${two((seconds % 3600) / 60)}:${two(seconds % 60)}`;
}
