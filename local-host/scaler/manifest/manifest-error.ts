/** Scale manifests that cannot be used. The message has a line for each problem, with file and line of the manifest. */
export class ManifestError extends Error {
  override readonly name = 'ManifestError';

  constructor(readonly problems: readonly string[]) {
    super(problems.join('\n'));
  }
}
