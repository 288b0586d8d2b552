/**
 * Everything the host knows before it loads the app: the app's folder, its settings (environment over local.settings.json
 * Values), host.json with `AzureFunctionsJobHost__*` applied, and the ids that state is kept under.
 */
export interface HostSettings {
  /** Absolute. */
  readonly appRoot: string;
  /** App settings as the app sees them in `process.env`. Names are compared without case, as .NET configuration does. */
  readonly values: Readonly<Record<string, string>>;
  readonly hostJson: HostJson;
  /** `AzureFunctionsWebHost__hostid`, else derived from machine and app folder as Core Tools does. At most 32 characters. */
  readonly hostId: string;
  readonly hostVersion: string;
  /** Of the public HTTP listener. */
  readonly port: number;
}

/** host.json 2.0, only as far as the host reads it; unknown keys are kept. */
export interface HostJson {
  readonly version: '2.0';
  readonly functionTimeout?: string;
  readonly functions?: readonly string[];
  readonly retry?: unknown;
  readonly logging?: { readonly logLevel?: Readonly<Record<string, string>> };
  readonly extensions?: {
    readonly http?: { readonly routePrefix?: string; readonly [key: string]: unknown };
    readonly queues?: Readonly<Record<string, unknown>>;
    readonly blobs?: Readonly<Record<string, unknown>>;
    readonly durableTask?: Readonly<Record<string, unknown>>;
    readonly [extension: string]: unknown;
  };
  readonly [key: string]: unknown;
}

/** The value of a setting, names compared without case; undefined when absent. */
export function setting(settings: Pick<HostSettings, 'values'>, name: string): string | undefined {
  const direct = settings.values[name];
  if (direct !== undefined) return direct;
  const wanted = name.toLowerCase();
  for (const [key, value] of Object.entries(settings.values)) if (key.toLowerCase() === wanted) return value;
  return undefined;
}

/**
 * Replaces each `%NAME%` by the app setting of that name.
 * @throws Error `'%NAME%' does not resolve to a value.` as the real host words it.
 */
export function resolveSettings(settings: Pick<HostSettings, 'values'>, text: string): string {
  return text.replace(/%([^%]*)%/g, (whole, name: string) => {
    const value = setting(settings, name);
    if (value === undefined) throw new Error(`'${whole}' does not resolve to a value.`);
    return value;
  });
}
