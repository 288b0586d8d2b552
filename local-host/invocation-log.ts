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
