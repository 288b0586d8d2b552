/**
 * Behaviour of the Functions host that the local host keeps although it hurts: each is said once for each function, with
 * what to do about it. The table in DESIGN.md lists them all. Changes nothing of what is answered.
 */
import type { RequestHead } from '../triggers/http/http-request';
import type { RouteTable, Route } from '../triggers/http/route-table';
import type { RouteValues } from '../triggers/http/route-template';
import type { ServeConfig } from '../worker-protocol';
import { isAuthorized } from '../triggers/http/authorization';
import type { WorkerLog } from './worker-log';

const RESPONSE_FIELDS = ['body', 'jsonBody', 'status', 'headers', 'cookies', 'enableContentNegotiation'];

export class HttpSurprises {
  readonly #log: WorkerLog;
  readonly #said = new Set<string>();

  constructor(log: WorkerLog) {
    this.#log = log;
  }

  /** A request that no route took. */
  notFound({ method, path, headers }: RequestHead, routes: RouteTable): void {
    const other = routes.routes.find(({ methods, template }) => methods.length > 0 && template.match(path));
    if (other) return void this.#wrongMethod(method, other, headers['origin'] !== undefined);
    if (!path.includes('//')) return;
    const single = routes.match(method, path.replace(/\/{2,}/g, '/'));
    if (single)
      this.#say(
        'slash',
        single.route.fn.name,
        `'${path}' is 404: the Functions host does not take two slashes for one. Send '${path.replace(/\/{2,}/g, '/')}'.`,
      );
  }

  /** A request that a function was found for. */
  matched(head: RequestHead, functionName: string, values: RouteValues): void {
    for (const [name, given] of head.query)
      if (given.length > 1) {
        this.#say(
          'query',
          functionName,
          `'${functionName}' got the query parameter '${name}' ${given.length} times. The Functions host joins them by commas before the handler sees them, or keeps the last; take them from new URL(request.url).searchParams, or send one.`,
        );
        break;
      }
    for (const [name, value] of Object.entries(values))
      if (/%2f/i.test(value)) {
        this.#say(
          '%2F',
          functionName,
          `'${functionName}' got '%2F' in the route parameter '${name}'. The Functions host leaves it encoded, and decodes everything else; replace it in the handler.`,
        );
        break;
      }
  }

  /** A request whose key opened nothing. */
  unauthorized({ headers, query }: RequestHead, { authLevel, fn }: Route, config: ServeConfig): void {
    if (headers['x-functions-key'] === undefined) return;
    const code = [...query].find(([name]) => name.toLowerCase() === 'code')?.[1][0];
    if (isAuthorized(authLevel, fn.name, code, config))
      this.#say(
        'key',
        fn.name,
        `'${fn.name}' answered 401 although ?code= is right: the header x-functions-key wins over it, and is wrong. Leave the header out, or correct it.`,
      );
  }

  /** A body past the limit, which ends in an empty 500. */
  tooLarge(functionName: string, bytes: number | undefined, limit: number): void {
    this.#say(
      'size',
      functionName,
      `'${functionName}' was sent a body of ${bytes === undefined ? 'more than the limit' : `${bytes} bytes`}; past ${limit} bytes the Functions host answers an empty 500 and the handler never runs. Raise the app setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT, or upload straight to storage.`,
    );
  }

  /** What a handler returned as its HTTP response. */
  returned(functionName: string, value: unknown): void {
    if (value === undefined || value === null) return;
    const what = (described: string, answer: string): void =>
      this.#say(
        'return',
        functionName,
        `'${functionName}' returned ${described}, which the Functions host answers with ${answer}. Return an object such as { jsonBody: … } or { body: … }.`,
      );
    if (typeof value !== 'object') return void what(`a ${typeof value}`, 'an empty 500');
    if (Array.isArray(value)) return void what('an array', 'an empty 200');
    if (value instanceof Date) return void what('a Date', 'an empty 200');
    if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer) return void what('bytes', 'an empty 200');
    const given = RESPONSE_FIELDS.filter(
      (name) => name in value && (value as Record<string, unknown>)[name] !== undefined,
    );
    if (given.length === 0 && Object.keys(value).length > 0)
      return void what(`an object without ${RESPONSE_FIELDS.slice(0, 4).join(', ')}`, 'an empty 200');
    const { body, jsonBody } = value as { body?: unknown; jsonBody?: unknown };
    if (!isPlain(value)) return;
    if (body !== undefined && jsonBody !== undefined)
      this.#say(
        'both bodies',
        functionName,
        `'${functionName}' returned body and jsonBody; jsonBody wins and body is not sent. Return one of them.`,
      );
    else if (jsonBody === null)
      this.#say(
        'null body',
        functionName,
        `'${functionName}' returned jsonBody: null, which is sent as no body at all. Return { body: 'null', headers: { 'content-type': 'application/json' } } to send null.`,
      );
  }

  /** A handler threw `undefined` or `null`. */
  threwNothing(functionName: string): void {
    this.#say(
      'throw',
      functionName,
      `'${functionName}' threw undefined or null, which the Functions host counts as success (HTTP answers 204). Throw an Error.`,
    );
  }

  #wrongMethod(method: string, { fn, methods, template }: Route, fromBrowser: boolean): void {
    const preflight = method === 'OPTIONS' && fromBrowser;
    const fix = preflight
      ? 'For requests from a browser set "Host": { "CORS": "*" } in local.settings.json (CORS settings in Azure).'
      : `Add '${method}' to its methods${method === 'HEAD' ? '; GET does not imply it' : ''}.`;
    this.#say(
      `method ${method}`,
      fn.name,
      `${method} for '${template.text}' is 404: '${fn.name}' takes ${methods.join(', ')} only, and the Functions host answers 404 to other methods, never 405. ${fix}`,
    );
  }

  #say(what: string, functionName: string, message: string): void {
    const key = `${what} ${functionName}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    this.#log.write({ level: 'warning', category: 'system', functionName, message });
  }
}

/** An HttpResponse has both bodies as getters, and means neither. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
