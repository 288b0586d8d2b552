/**
 * Parses JSON as .NET's configuration readers take it: a byte order mark, comments and trailing commas are fine.
 * @throws SyntaxError
 */
export function parseRelaxedJson(text: string): unknown {
  return JSON.parse(stripComments(text.replace(/^\uFEFF/, '')));
}

function stripComments(text: string): string {
  const token = /"(?:[^"\\]|\\.)*"|\/\/[^\n\r]*|\/\*[^]*?\*\/|,(?=\s*[}\]])/g;
  return text.replace(token, (match) => (match.startsWith('"') ? match : ''));
}
