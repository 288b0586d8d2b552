/** A document against a schema: the value, or a line for each thing that is wrong, in words of the manifest. */
import type { z } from 'zod';
import { nearestOf } from '../../cli-arguments';
import type { ManifestDocument } from './documents';
import { FIELD_NAMES } from './schema';

export function checked<S extends z.ZodType>(
  schema: S,
  document: ManifestDocument,
): { readonly value: z.infer<S>; readonly problems?: never } | { readonly value?: never; readonly problems: string[] } {
  const result = schema.safeParse(document.value);
  if (result.success) return { value: result.data };
  // A value may break several rules; the first says enough.
  const first = new Map(result.error.issues.map((issue) => [issue.path.join('.'), issue] as const).reverse());
  return { problems: [...first.values()].reverse().flatMap((issue) => problemsOf(issue, document)) };
}

function problemsOf(issue: z.core.$ZodIssue, document: ManifestDocument): string[] {
  const say = (path: readonly PropertyKey[], text: string): string =>
    `${document.where(path)}: ${path.length === 0 ? 'the document' : fieldPath(path)} ${text}`;
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => {
      const near = nearestOf(key, FIELD_NAMES);
      const advice = near === undefined ? '' : ` Did you mean '${near}'?`;
      return say([...issue.path, key], `is no field that KEDA knows.${advice}`);
    });
  const value = valueAt(document.value, issue.path);
  if (value === undefined) return [say(issue.path, 'is missing.')];
  const isMetadata = issue.path.at(-2) === 'metadata' && issue.path[1] === 'triggers';
  if (isMetadata && issue.code === 'invalid_type' && (typeof value === 'number' || typeof value === 'boolean'))
    return [say(issue.path, `is ${shown(value)}; Kubernetes takes text only, so write "${String(value)}".`)];
  return [say(issue.path, `is ${shown(value)}; it must be ${wanted(issue)}.`)];
}

function wanted(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return KINDS[issue.expected] ?? issue.expected;
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string' ? 'not empty' : `${String(issue.minimum)} or more`;
    case 'too_big':
      return issue.origin === 'string'
        ? `at most ${String(issue.maximum)} characters`
        : `at most ${String(issue.maximum)}`;
    case 'invalid_value':
      return issue.values.map((value) => String(value)).join(' or ');
    case 'invalid_union':
      return 'a number, or a quantity such as 50m';
    case 'invalid_format':
      return "a name of Kubernetes: lower-case letters, digits, '-' and '.'";
    default:
      return `otherwise (${issue.message})`;
  }
}

const KINDS: Readonly<Record<string, string>> = {
  int: 'a whole number',
  number: 'a whole number',
  string: 'text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
};

function shown(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) return String(value);
  return text.length <= 60 ? text : `${text.slice(0, 60)}…`;
}

/** `spec.triggers[0].metadata.value` */
export function fieldPath(path: readonly PropertyKey[]): string {
  return path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index === 0 ? '' : '.'}${String(part)}`))
    .join('');
}

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<PropertyKey, unknown>)[key] : undefined),
    value,
  );
}
