/**
 * The path of a blob trigger: `container/name` where the name may hold parameters such as `{name}.{ext}`, or a container
 * alone for everything in it. As in the WebJobs SDK a parameter matches as much as it can, slashes included, and `{{` and
 * `}}` stand for single braces.
 */
export interface PathPattern {
  readonly container: string;
  /** The parameters' values, or undefined when the blob does not match. */
  match(blob: string): Readonly<Record<string, string>> | undefined;
}

const CONTAINER = /^(?:\$root|\$logs|[a-z0-9](?:-?[a-z0-9]){2,62})$/;

/** @throws Error with what is wrong about the path. */
export function parsePathPattern(path: string): PathPattern {
  const trimmed = path.replace(/^\//, '');
  const slash = trimmed.indexOf('/');
  const container = slash < 0 ? trimmed : trimmed.slice(0, slash);
  if (slash === trimmed.length - 1) {
    throw new Error(`Invalid blob trigger path '${path}'. Paths must be in the format 'container/blob'.`);
  }
  if (!CONTAINER.test(container)) {
    throw new Error(
      `Invalid blob trigger path '${path}': '${container}' is no container name. Use 3 to 63 lower-case letters, digits and single dashes; it cannot hold parameters.`,
    );
  }
  if (slash < 0) return { container, match: () => ({}) };
  const { expression, names } = compile(trimmed.slice(slash + 1), path);
  return {
    container,
    match(blob) {
      const values = expression.exec(blob)?.slice(1);
      return values && Object.fromEntries(names.map((name, i) => [name, values[i] ?? '']));
    },
  };
}

function compile(pattern: string, path: string): { expression: RegExp; names: string[] } {
  const names: string[] = [];
  let source = '';
  for (const [part] of pattern.matchAll(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/gs)) {
    if (part === '{{' || part === '}}') source += `\\${part.charAt(0)}`;
    else if (part === '{' || part === '}')
      throw new Error(`Invalid blob trigger path '${path}': '${part}' has no counterpart.`);
    else if (part.startsWith('{')) {
      const name = part.slice(1, -1).trim();
      if (name === '' || names.includes(name)) {
        throw new Error(`Invalid blob trigger path '${path}': each parameter needs a name of its own.`);
      }
      names.push(name);
      source += '(.*)';
    } else source += part.replace(/[$()*+.?[\\\]^|/-]/g, '\\$&');
  }
  return { expression: new RegExp(`^${source}$`, 's'), names };
}
