import { compilePattern, type NamePattern } from './name-pattern';

/** Which names of the incoming folder are taken at all. */
export interface FileChoice {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/**
 * Takes what a pattern of `include` matches (all, when there is none) and none of `exclude`. Names that begin with a dot are
 * those of programs still writing (rsync, browsers, editors) and are taken only when an include pattern begins with a dot,
 * too; `.nfs…`, what NFS leaves of a file that was deleted while open, never is.
 */
export function choiceOf({ include, exclude }: FileChoice): NamePattern {
  const compile = (patterns: readonly string[]): { dotted: boolean; matches: NamePattern }[] =>
    patterns.flatMap((pattern) => {
      const compiled = compilePattern(pattern);
      const last = pattern.slice(pattern.lastIndexOf('/') + 1);
      return compiled.kind === 'pattern' ? [{ dotted: last.startsWith('.'), matches: compiled.matches }] : [];
    });
  const included = compile(include);
  const excluded = compile(exclude);
  return (path) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (/^\.nfs[0-9a-f]{8,}$/i.test(name)) return false;
    const dotted = name.startsWith('.');
    const wanted =
      include.length === 0 ? !dotted : included.some((pattern) => (!dotted || pattern.dotted) && pattern.matches(path));
    return wanted && !excluded.some((pattern) => pattern.matches(path));
  };
}
