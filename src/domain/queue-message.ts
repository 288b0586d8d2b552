/**
 * Text of a queue message, which reaches us as base64 (Event Grid, older SDKs) or plain (our own writers); host.json sets
 * `messageEncoding: none`, so the host hands it over as it stands. A value that is not a string has already been parsed by
 * the host and is turned back into JSON.
 */
export function queueMessageText(message: unknown): string {
  if (message === undefined) return '';
  if (typeof message !== 'string') return JSON.stringify(message);
  const compact = message.trim();
  if (!looksLikeBase64(compact)) return message;
  const bytes = Buffer.from(compact, 'base64');
  const text = new TextDecoder('utf-8', { fatal: false }).decode(bytes);
  return startsJson(text) ? text : message;
}

function looksLikeBase64(text: string): boolean {
  return text.length >= 4 && text.length % 4 === 0 && /^[A-Za-z0-9+/]+={0,2}$/.test(text);
}

function startsJson(text: string): boolean {
  return /^[\s\uFEFF]*[[{"]/.test(text);
}
