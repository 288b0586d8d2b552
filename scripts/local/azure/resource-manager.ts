/** Azure Resource Manager, as far as the last step of a deployment goes. */

export interface ResourceManager {
  /**
   * One operation, and what it takes to end. `path` begins with a slash, without a query.
   *
   * @returns the body of the answer; undefined where there is none, or, of a DELETE, where nothing was there.
   * @throws ResourceManagerError when it is refused, or fails later; Error when nobody answers.
   */
  call(method: 'GET' | 'PUT' | 'POST' | 'DELETE', path: string, version: string, body?: unknown): Promise<unknown>;
}

export class ResourceManagerError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

export interface ResourceManagerOptions {
  /** Without a slash at its end. */
  readonly endpoint: string;
  readonly token: () => Promise<string>;
  readonly wait: (ms: number) => Promise<void>;
}

/** Of a request that is busy, fails there, or is not answered. */
const TRIES = 5;
const FIRST_WAIT_MS = 2_000;
/** Between two looks at what takes longer, where the service names no time. */
const LOOK_MS = 5_000;
/** Looks at what takes longer: ten minutes of them. */
const LOOKS = 120;
const REQUEST_MS = 60_000;

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly header: (name: string) => string | undefined;
}

export function createResourceManager({ endpoint, token, wait }: ResourceManagerOptions): ResourceManager {
  const ask = async (method: string, url: string, body?: unknown): Promise<Answer> => {
    // What the service names to look at is its own, and nobody else is shown the token.
    if (new URL(url).origin !== new URL(endpoint).origin)
      throw new Error(`Azure Resource Manager named an address that is not its own: ${new URL(url).origin}`);
    for (let tries = 1; ; tries++) {
      const answer = await once(method, url, await token(), body);
      const again = typeof answer === 'string' || answer.status === 429 || answer.status >= 500;
      if (again && tries < TRIES) {
        await wait(FIRST_WAIT_MS * 2 ** (tries - 1));
        continue;
      }
      if (typeof answer === 'string') throw new Error(`${endpoint} does not answer: ${answer}`);
      return answer;
    }
  };

  /** Looks until it is over. @returns the last answer */
  const ended = async (url: string): Promise<Answer> => {
    for (let looks = 0; looks < LOOKS; looks++) {
      const answer = await ask('GET', url);
      const state = stateOf(answer.body);
      if (answer.status >= 400) return answer;
      if (answer.status !== 202 && !/^(accepted|running|inprogress|creating|updating|deleting)$/i.test(state))
        return answer;
      await wait(1_000 * Number(answer.header('retry-after') ?? LOOK_MS / 1_000));
    }
    throw new ResourceManagerError(408, 'NotEnded', 'It was begun and did not end in ten minutes.');
  };

  return {
    async call(method, path, version, body) {
      const url = `${endpoint}${path}?api-version=${version}`;
      const first = await ask(method, url, body);
      if (method === 'DELETE' && first.status === 404) return undefined;
      refuseFailed(first);
      const later =
        first.header('azure-asyncoperation') ?? (first.status === 202 ? first.header('location') : undefined);
      if (later !== undefined) refuseFailed(await ended(later));
      if (method !== 'PUT') return first.body;
      const made = await ended(url);
      refuseFailed(made);
      return made.body;
    },
  };
}

/** A text where nobody answered: why. */
async function once(method: string, url: string, token: string, body: unknown): Promise<Answer | string> {
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(REQUEST_MS),
    });
    const text = await response.text();
    return {
      status: response.status,
      body: text === '' ? undefined : parsed(text),
      header: (name) => response.headers.get(name) ?? undefined,
    };
  } catch (error) {
    const { message, cause } = error as { readonly message: string; readonly cause?: { readonly message?: string } };
    return cause?.message ?? message;
  }
}

function refuseFailed({ status, body }: Answer): void {
  const state = stateOf(body);
  if (status < 400 && !/^(failed|canceled|awaitingmanualaction)$/i.test(state)) return;
  const { error } = (body ?? {}) as { readonly error?: { readonly code?: string; readonly message?: string } };
  const code = error?.code ?? (state === '' ? String(status) : state);
  throw new ResourceManagerError(
    status,
    code,
    error?.message ?? (typeof body === 'string' ? body.slice(0, 500) : code),
  );
}

/** Of an operation, or of a resource. */
function stateOf(body: unknown): string {
  const { status, properties } = (typeof body === 'object' && body !== null ? body : {}) as {
    readonly status?: unknown;
    readonly properties?: { readonly provisioningState?: unknown };
  };
  const state = status ?? properties?.provisioningState;
  return typeof state === 'string' ? state : '';
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}
