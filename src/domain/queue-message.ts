/**
 * Text of a queue message, which reaches us as base64 (Event Grid, older SDKs) or plain (our own writers); host.json sets
 * `messageEncoding: none`, so the host hands it over as it stands. Only what is JSON once decoded is taken for base64.
 */
export function queueMessageText(message: unknown): string {
  const text = rawText(message);
  const compact = text.trim();
  if (!looksLikeBase64(compact)) return text;
  try {
    const decoded = new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(compact, 'base64'));
    const parsed: unknown = JSON.parse(decoded);
    return typeof parsed === 'object' ? decoded : text;
  } catch {
    return text;
  }
}

/**
 * The message as it came, for keeping and sending again. A value that is not a string has already been parsed by the host and
 * is turned back into JSON; one too deep for that is said to be so.
 */
export function rawText(message: unknown): string {
  if (message === undefined) return '';
  if (typeof message === 'string') return message;
  try {
    return JSON.stringify(message);
  } catch (error) {
    return `(a message that cannot be written as JSON: ${(error as Error).message})`;
  }
}

function looksLikeBase64(text: string): boolean {
  return text.length >= 4 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}
