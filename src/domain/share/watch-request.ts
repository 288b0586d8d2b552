import { z } from 'zod';
import { compilePattern } from './name-pattern';

/** Body of `POST /v1/watch/start`; an empty body counts as `{}`. */
export interface WatchRequest {
  readonly sessionName: string | null;
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  readonly dryRun: boolean;
  readonly recursive: boolean;
}

export type ParsedWatchRequest =
  { readonly kind: 'request'; readonly request: WatchRequest } | { readonly kind: 'rejected'; readonly reason: string };

const EXAMPLE =
  'Accepted: {"session_name": "my session", "include": ["*.csv"], "exclude": ["*.tmp"], "dry_run": false, "recursive": false}, all optional.';

const patterns = z.union([z.string().transform((one) => [one]), z.array(z.string()).max(100)]).default([]);

const schema = z.strictObject({
  session_name: z.string().nullish(),
  include: patterns,
  exclude: patterns,
  dry_run: z.boolean().default(false),
  recursive: z.boolean().default(false),
});

/** Never throws. Unknown members are refused: a misspelt `include` must not take every file. */
export function parseWatchRequest(text: string): ParsedWatchRequest {
  let json: unknown = {};
  try {
    if (text.trim() !== '') json = JSON.parse(text);
  } catch (error) {
    return { kind: 'rejected', reason: `The body is not JSON: ${(error as Error).message.slice(0, 200)}. ${EXAMPLE}` };
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue?.path.join('.') ?? '';
    return {
      kind: 'rejected',
      reason: `${where ? `${where}: ` : ''}${issue?.message ?? 'not as it should be'}. ${EXAMPLE}`,
    };
  }
  const { session_name, include, exclude, dry_run, recursive } = parsed.data;
  for (const pattern of [...include, ...exclude]) {
    const compiled = compilePattern(pattern);
    if (compiled.kind === 'rejected') return compiled;
  }
  return {
    kind: 'request',
    request: { sessionName: session_name ?? null, include, exclude, dryRun: dry_run, recursive },
  };
}
