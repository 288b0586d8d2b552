/**
 * Route templates of ASP.NET Core as far as the Functions host uses them: literals, parameters with constraints, defaults
 * and `?`, segments that mix both, and a catch-all at the end. Literals are compared without case.
 */
import { RouteError } from './route-error';
import { routeConstraint } from './route-constraint';
import type { RouteConstraint } from './route-constraint';

interface Parameter {
  readonly name: string;
  readonly catchAll: boolean;
  readonly optional: boolean;
  readonly defaultValue: string | undefined;
  readonly constraints: readonly RouteConstraint[];
}

interface Segment {
  readonly pattern: RegExp;
  readonly parameters: readonly Parameter[];
  readonly parts: readonly (string | Parameter)[];
}

/** Route parameters by their spelling in the template; absent optional ones are left out. */
export type RouteValues = Readonly<Record<string, string>>;

export interface RouteTemplate {
  readonly text: string;
  /** @param path decoded, with its leading slash */
  match(path: string): RouteValues | undefined;
  /** A path that this template matches, with plain text for parameters; used to find routes that hide each other. */
  readonly sample: string;
}

/** @throws RouteError with the real host's message when the template is not valid */
export function parseRouteTemplate(text: string): RouteTemplate {
  if (/^[/~]/.test(text)) throw new RouteError("The route template cannot start with a '/' or '~' character.");
  const trimmed = text.replace(/\/$/, '');
  const segments = trimmed === '' ? [] : splitSegments(trimmed).map(parseSegment);
  checkWhole(segments);
  return { text, match: (path) => matchSegments(segments, path), sample: sampleOf(segments) };
}

function splitSegments(text: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (two === '{{' || two === '}}') i++;
    else if (text[i] === '{') depth++;
    else if (text[i] === '}') depth--;
    else if (text[i] === '/' && depth === 0) {
      segments.push(text.slice(start, i));
      start = i + 1;
    }
  }
  segments.push(text.slice(start));
  if (segments.some((segment) => segment === ''))
    throw new RouteError(
      "The route template separator character '/' cannot appear consecutively. It must be separated by either a parameter or a literal value.",
    );
  return segments;
}

function parseSegment(text: string): Segment {
  const parts: (string | Parameter)[] = [];
  let literal = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    const two = text.slice(i, i + 2);
    if (two === '{{' || two === '}}') {
      literal += char;
      i++;
    } else if (char === '{') {
      const end = closingBrace(text, i + 1);
      if (literal !== '') parts.push(literal);
      literal = '';
      parts.push(parseParameter(text.slice(i + 1, end)));
      i = end;
    } else if (char === '}') {
      throw incomplete();
    } else literal += char;
  }
  if (literal !== '') parts.push(literal);
  for (const part of parts)
    if (typeof part === 'string' && part.includes('?'))
      throw new RouteError(
        `The literal section '${part}' is invalid. Literal sections cannot contain the '?' character.`,
      );
  const source = parts
    .map((part) => (typeof part === 'string' ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : '(.+?)'))
    .join('');
  return {
    parts,
    pattern: new RegExp(`^${source}$`, 'is'),
    parameters: parts.filter((part) => typeof part !== 'string'),
  };
}

function closingBrace(text: string, from: number): number {
  for (let i = from; i < text.length; i++) {
    const two = text.slice(i, i + 2);
    if (two === '{{' || two === '}}') i++;
    else if (text[i] === '}') return i;
    else if (text[i] === '{') throw incomplete();
  }
  throw incomplete();
}

function incomplete(): RouteError {
  return new RouteError(
    "There is an incomplete parameter in the route template. Check that each '{' character has a matching '}' character.",
  );
}

function parseParameter(source: string): Parameter {
  const text = source.replaceAll('{{', '{').replaceAll('}}', '}');
  const stars = /^\*{0,2}/.exec(text)?.[0].length ?? 0;
  let rest = text.slice(stars);
  const optional = rest.endsWith('?');
  if (optional) rest = rest.slice(0, -1);
  const [head = '', ...references] = splitConstraints(rest);
  const last = references.at(-1) ?? head;
  const equals = last.startsWith('regex(') ? -1 : last.indexOf('=');
  const defaultValue = equals < 0 ? undefined : last.slice(equals + 1);
  if (equals >= 0 && references.length > 0) references[references.length - 1] = last.slice(0, equals);
  const name = references.length === 0 && equals >= 0 ? head.slice(0, equals) : head;
  if (name === '' || /[{}/?*]/.test(name))
    throw new RouteError(
      `The route parameter name '${name}' is invalid. Route parameter names must be non-empty and cannot contain these characters: '{', '}', '/'. The '?' character marks a parameter as optional, and can occur only at the end of the parameter. The '*' character marks a parameter as catch-all, and can occur only at the start of the parameter.`,
    );
  if (stars > 0 && optional) throw new RouteError('A catch-all parameter cannot be marked optional.');
  if (optional && defaultValue !== undefined) throw new RouteError('An optional parameter cannot have default value.');
  return { name, catchAll: stars > 0, optional, defaultValue, constraints: references.map(routeConstraint) };
}

/** Splits `name:a:b(x:y)` at colons outside parentheses. */
function splitConstraints(text: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let current = '';
  for (const char of text) {
    if (char === '(') depth++;
    else if (char === ')') depth--;
    if (char === ':' && depth === 0) {
      parts.push(current);
      current = '';
    } else current += char;
  }
  parts.push(current);
  return parts;
}

function checkWhole(segments: readonly Segment[]): void {
  const names = new Set<string>();
  segments.forEach((segment, index) => {
    for (const parameter of segment.parameters) {
      if (names.has(parameter.name.toLowerCase()))
        throw new RouteError(
          `The route parameter name '${parameter.name}' appears more than one time in the route template.`,
        );
      names.add(parameter.name.toLowerCase());
      if (parameter.catchAll && segment.parts.length > 1)
        throw new RouteError(
          'A path segment that contains more than one section, such as a literal section or a parameter, cannot contain a catch-all parameter.',
        );
      if (parameter.catchAll && index < segments.length - 1)
        throw new RouteError('A catch-all parameter can only appear as the last segment of the route template.');
    }
  });
}

function matchSegments(segments: readonly Segment[], path: string): RouteValues | undefined {
  const given = path.slice(1).split('/');
  if (
    given.at(-1) === '' &&
    !(given.length > 1 && segments.at(-1)?.parameters[0]?.catchAll && given.length > segments.length)
  )
    given.pop();
  const values: Record<string, string> = {};
  let used = 0;
  for (const segment of segments) {
    const [only] = segment.parameters;
    if (only?.catchAll) {
      const rest = given.slice(used).join('/');
      used = Math.max(used, given.length);
      if (!assign(values, only, rest === '' ? undefined : rest)) return undefined;
      continue;
    }
    const text = given[used];
    if (text === undefined) {
      // Only a segment that is one optional or defaulted parameter may be missing.
      if (segment.parts.length !== 1 || !only || !(only.optional || only.defaultValue !== undefined)) return undefined;
      assign(values, only, undefined);
      continue;
    }
    const match = segment.pattern.exec(text);
    if (!match) return undefined;
    for (const [index, parameter] of segment.parameters.entries())
      if (!assign(values, parameter, match[index + 1])) return undefined;
    used++;
  }
  return used === given.length ? values : undefined;
}

function assign(values: Record<string, string>, parameter: Parameter, text: string | undefined): boolean {
  const value = text ?? parameter.defaultValue;
  if (value === undefined) return true;
  if (!parameter.constraints.every((constraint) => constraint(value))) return false;
  values[parameter.name] = value;
  return true;
}

function sampleOf(segments: readonly Segment[]): string {
  const texts = segments.map((segment) =>
    segment.parts.map((part) => (typeof part === 'string' ? part : part.constraints.length > 0 ? '7' : 'x')).join(''),
  );
  return `/${texts.join('/')}`;
}
