/**
 * The host's own HTTP: `/admin/…`, `/runtime/webhooks/…` and the landing page.
 */
import type { HostState } from '../host-state';
import type { IndexedFunction } from '../indexing';
import type { KeyRing, KeyScope } from '../keys/key-ring';
import type { HostContext, HostExtension } from '../plugin';
import { setting } from '../settings/host-settings';
import { isAuthorized, presentedKey } from '../triggers/http/authorization';
import { parseQuery } from '../triggers/http/query-string';
import type { HostHttpRequest, HostHttpResponse } from '../worker-protocol';
import { handleKeys } from './admin-keys';
import { describeFunction } from './function-listing';
import { json, status, unauthorized } from './json-response';
import { landingPage } from './landing-page';
import { manualInvocation } from './manual-invocation';

export interface AdminHost {
  readonly context: HostContext;
  readonly keys: KeyRing;
  readonly authEnabled: boolean;
  readonly extensions: readonly HostExtension[];
  readonly state: HostState;
  /** Why the host is in Error. */
  readonly errors: readonly string[];
  /** Undefined when the app was never loaded: host.json is wrong. */
  readonly functions: readonly IndexedFunction[] | undefined;
}

const NO_CACHE = { 'cache-control': 'no-store,no-cache', pragma: 'no-cache' };

export class AdminApi {
  readonly #host: AdminHost;
  readonly #started = performance.now();

  constructor(host: AdminHost) {
    this.#host = host;
  }

  async handle(request: HostHttpRequest): Promise<HostHttpResponse> {
    const [rawPath, rawQuery] = splitOnce(request.url, '?');
    const path = rawPath.toLowerCase().replace(/\/$/, '');
    if (path === '/admin/host/ping') return { status: 200, headers: NO_CACHE };
    if (path === '/admin/warmup') return status(200);
    if (path === '') return this.#landing();
    const key = presentedKey(request.headers['x-functions-key'], parseQuery(rawQuery));
    if (path.startsWith('/runtime/webhooks/')) return this.#webhook(request, key);
    if (!isAuthorized('admin', '', key, { ...this.#keys(), authEnabled: this.#host.authEnabled })) return unauthorized;
    if (path === '/admin/host/status') return json(this.#status());
    const segments = rawPath
      .split('/')
      .filter((segment) => segment !== '')
      .slice(1)
      .map(decodeSegment);
    const [area, ...rest] = segments;
    if (area?.toLowerCase() === 'host') return this.#hostKeys(request, rest);
    if (area?.toLowerCase() === 'functions') return this.#functions(request, rest);
    return status(404);
  }

  #landing(): HostHttpResponse {
    if (/^(1|true)$/i.test(setting(this.#host.context.settings, 'AzureWebJobsDisableHomepage') ?? ''))
      return status(204);
    return { status: 200, headers: { 'content-type': 'text/html' }, body: landingPage };
  }

  async #webhook(request: HostHttpRequest, key: string | undefined): Promise<HostHttpResponse> {
    const { authEnabled, extensions, keys } = this.#host;
    const accepted = Object.values(keys.systemKeys).some((candidate) => candidate === key);
    if (authEnabled && !accepted && !isAuthorized('admin', '', key, { ...this.#keys(), authEnabled }))
      return unauthorized;
    for (const extension of extensions) {
      const response = await extension.handleHttp?.(request);
      if (response) return response;
    }
    return status(404);
  }

  #keys() {
    return { masterKey: this.#host.keys.masterKey, hostKeys: [], functionKeys: {} };
  }

  #status(): Record<string, unknown> {
    const { context, state, errors } = this.#host;
    const { hostId, hostVersion } = context.settings;
    return {
      id: hostId,
      state,
      version: hostVersion,
      versionDetails: hostVersion,
      platformVersion: '',
      instanceId: context.instanceId,
      computerName: '',
      processUptime: Math.round(performance.now() - this.#started),
      functionAppContentEditingState: 'Unknown',
      extensionBundle: { id: 'Microsoft.Azure.Functions.ExtensionBundle', version: '4.0.0' },
      ...(errors.length > 0 ? { errors } : {}),
    };
  }

  #hostKeys(request: HostHttpRequest, [collection, name, ...more]: readonly string[]): HostHttpResponse {
    if (more.length > 0) return status(404);
    switch (collection?.toLowerCase()) {
      case 'keys':
        return handleKeys(request, this.#host.keys, { kind: 'host' }, name, `${this.#origin(request)}/admin/host/keys`);
      case 'systemkeys':
        return handleKeys(
          request,
          this.#host.keys,
          { kind: 'system' },
          name,
          `${this.#origin(request)}/admin/host/systemkeys`,
        );
      default:
        return status(404);
    }
  }

  async #functions(
    request: HostHttpRequest,
    [name, part, keyName, ...more]: readonly string[],
  ): Promise<HostHttpResponse> {
    const { functions, context, keys } = this.#host;
    if (!functions) return status(500);
    const origin = this.#origin(request);
    if (name === undefined) {
      if (request.method !== 'GET') return status(405);
      return json(functions.map((fn) => describeFunction(fn, origin, context.settings)));
    }
    const fn = functions.find((candidate) => candidate.definition.name.toLowerCase() === name.toLowerCase());
    if (part === undefined && request.method === 'POST') return this.#invoke(request, fn);
    if (!fn || more.length > 0) return status(404);
    if (part === undefined)
      return request.method === 'GET' ? json(describeFunction(fn, origin, context.settings)) : status(405);
    if (part.toLowerCase() === 'status') return json(fn.error === undefined ? {} : { errors: [fn.error] });
    if (part.toLowerCase() !== 'keys') return status(404);
    const scope: KeyScope = { kind: 'function', functionName: fn.definition.name };
    return handleKeys(request, keys, scope, keyName, `${origin}/admin/functions/${fn.definition.name}/keys`);
  }

  async #invoke(request: HostHttpRequest, fn: IndexedFunction | undefined): Promise<HostHttpResponse> {
    if (!/\bjson\b/i.test(request.headers['content-type'] ?? '')) return status(415);
    const input = manualInput(request.body);
    if (input === undefined) return status(400);
    if (!fn) return status(404);
    const { context } = this.#host;
    if (fn.disabled || fn.error !== undefined) {
      const { name } = fn.definition;
      const why = fn.disabled
        ? `it is switched off: remove the setting AzureWebJobs.${name}.Disabled`
        : `it is in error: ${fn.error ?? ''}`;
      context.log.warning(`'${name}' was not run, although the answer is 202 as on the Functions host; ${why}`);
      return status(202);
    }
    const invocation = await manualInvocation(fn, input, context);
    void context.invoke(fn.definition, invocation);
    return status(202);
  }

  #origin(request: HostHttpRequest): string {
    return `http://${request.headers['host'] ?? `localhost:${this.#host.context.settings.port}`}`;
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The `input` of the body; other JSON than text is run as its own text. Undefined when the body is not JSON. */
function manualInput(body: Uint8Array): string | undefined {
  try {
    const parsed = JSON.parse(Buffer.from(body).toString('utf8')) as { input?: unknown } | null;
    const input = parsed?.input;
    return typeof input === 'string' ? input : input === undefined ? '' : JSON.stringify(input);
  } catch {
    return undefined;
  }
}
