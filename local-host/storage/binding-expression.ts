/**
 * Binding expressions: `{name}` from the trigger's metadata, `{a.b}` from within it, and the system's own (`{rand-guid}`,
 * `{DateTime}` with a .NET format, `{sys.randguid}`, `{sys.utcnow}`, `{sys.methodname}` of the WebJobs SDK); `%NAME%` from the
 * app settings. Names compare without case.
 */
import { randomUUID } from 'node:crypto';
import type { HostContext } from '../plugin';
import type { RpcData } from '../rpc-data';
import { resolveSettings } from '../settings/host-settings';
import { dotnetTime } from './dotnet-time';

type Metadata = Readonly<Record<string, RpcData>>;

/**
 * The text with everything filled in.
 * @throws Error `Error while accessing 'x': property doesn't exist.` when the metadata has no such value.
 */
export function resolveExpression(text: string, metadata: Metadata, context: HostContext): string {
  return resolveSettings(context.settings, text).replace(/\{([^{}]*)\}/g, (_whole, expression: string) => {
    const [name, format] = splitFormat(expression);
    const value = fromMetadata(name, metadata) ?? fromSystem(name, format, context);
    if (value === undefined) throw new Error(`Error while accessing '${name}': property doesn't exist.`);
    return value;
  });
}

/** `DateTime:yyyy-MM` → name and format. */
function splitFormat(expression: string): [string, string?] {
  const colon = expression.indexOf(':');
  return colon < 0 ? [expression.trim()] : [expression.slice(0, colon).trim(), expression.slice(colon + 1)];
}

function fromMetadata(name: string, metadata: Metadata): string | undefined {
  const exact = valueOf(member(metadata, name) as RpcData | undefined);
  if (exact !== undefined) return asText(exact);
  const [first = '', ...rest] = name.split('.');
  if (rest.length === 0) return undefined;
  let value = valueOf(member(metadata, first) as RpcData | undefined);
  for (const key of rest) value = typeof value === 'object' && value !== null ? member(value, key) : undefined;
  return asText(value);
}

function member(of: object, name: string): unknown {
  const wanted = name.toLowerCase();
  return Object.entries(of).find(([key]) => key.toLowerCase() === wanted)?.[1];
}

function valueOf(data: RpcData | undefined): unknown {
  if (data === undefined) return undefined;
  if ('string' in data) return parsedIfObject(data.string);
  if ('json' in data) return JSON.parse(data.json);
  if ('int' in data) return data.int;
  return 'double' in data ? data.double : undefined;
}

/** Text stays as it is, but the properties of an object in JSON can be asked for. */
function parsedIfObject(text: string): unknown {
  if (!text.startsWith('{')) return text;
  try {
    return new JsonText(text, JSON.parse(text) as object);
  } catch {
    return text;
  }
}

class JsonText {
  [key: string]: unknown;
  readonly #text: string;

  constructor(text: string, value: object) {
    Object.assign(this, value);
    this.#text = text;
  }

  static textOf(value: unknown): string | undefined {
    return value instanceof JsonText ? value.#text : undefined;
  }
}

function asText(value: unknown): string | undefined {
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return String(value);
    case 'boolean':
      // As .NET writes them.
      return value ? 'True' : 'False';
    case 'object':
      return value === null ? undefined : (JsonText.textOf(value) ?? JSON.stringify(value));
    default:
      return undefined;
  }
}

function fromSystem(name: string, format: string | undefined, context: HostContext): string | undefined {
  switch (name.toLowerCase()) {
    case 'rand-guid':
    case 'sys.randguid':
      return guid(format);
    case 'datetime':
      return formatTime(context.clock.now(), format ?? 'yyyy-MM-ddTHH-mm-ssZ');
    case 'sys.utcnow':
      return format === undefined ? dotnetTime(context.clock.now()) : formatTime(context.clock.now(), format);
    default:
      return undefined;
  }
}

/** .NET's formats D (default), N, B and P. */
function guid(format: string | undefined): string {
  const id = randomUUID();
  switch (format?.toUpperCase()) {
    case 'N':
      return id.replaceAll('-', '');
    case 'B':
      return `{${id}}`;
    case 'P':
      return `(${id})`;
    default:
      return id;
  }
}

/** The parts of .NET's custom formats that name files and partitions: years to milliseconds, in UTC. */
function formatTime(at: number, format: string): string {
  const [year = '', month = '', day = '', hours = '', minutes = '', seconds = '', millis = ''] = new Date(at)
    .toISOString()
    .split(/[^\d]/);
  const parts: Readonly<Record<string, string>> = {
    ...{ yyyy: year, yy: year.slice(2), MM: month, M: String(Number(month)), dd: day, d: String(Number(day)) },
    ...{ HH: hours, H: String(Number(hours)), mm: minutes, m: String(Number(minutes)) },
    ...{ ss: seconds, s: String(Number(seconds)), fff: millis },
  };
  return format.replace(/yyyy|yy|MM|M|dd|d|HH|H|mm|m|ss|s|fff/g, (part) => parts[part] ?? part);
}
