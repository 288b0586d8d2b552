import { sha256Base64Url } from '../digest';

/** Characters of base64url that are kept: 132 bits. */
const LENGTH = 22;

/** What a document is known under in its project, whichever version: of its project, container and blob name. */
export function documentId(projectId: string, container: string, blob: string): string {
  // Neither projects nor containers have a line end in their names; a blob's comes last.
  return sha256Base64Url(`${projectId}\n${container}\n${blob}`).slice(0, LENGTH);
}
