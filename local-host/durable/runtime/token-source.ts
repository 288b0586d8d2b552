/**
 * Tokens for `callHttp` with a `tokenSource`. In Azure they are the managed identity's; the extension asks for them by
 * DefaultAzureCredential, which on a developer's machine signs in as the developer. This does the same with the app's own
 * `@azure/identity`. Where that is missing or nobody is signed in, the request goes out without a token, and a warning says so.
 */
import { execFile, type ExecFileException } from 'node:child_process';
import path from 'node:path';
import type { HostContext } from '../../plugin';
import { NOT_INSTALLED } from './token-process';

interface Token {
  readonly token: string;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** A token that ends so soon is not given out any more. */
const SPARE_MS = 5 * 60_000;
const LONGEST_MS = 60_000;

export class TokenSource {
  readonly #tokens = new Map<string, Promise<Token | undefined>>();
  readonly #warned = new Set<string>();

  constructor(
    private readonly context: Pick<HostContext, 'settings' | 'log'>,
    /** Ends what is under way. */
    private readonly signal: AbortSignal,
  ) {}

  /** Undefined when there is none to be had; the reason is logged, once for each resource. */
  async token(resource: string): Promise<string | undefined> {
    const scope = scopeOf(resource);
    const known = await this.#tokens.get(scope);
    if (known && known.expiresAt > Date.now() + SPARE_MS) return known.token;
    const asked = this.#ask(scope);
    this.#tokens.set(scope, asked);
    return (await asked)?.token;
  }

  #ask(scope: string): Promise<Token | undefined> {
    const { appRoot, values } = this.context.settings;
    const script = path.join(__dirname, 'token-process.js');
    return new Promise((resolve) =>
      execFile(
        process.execPath,
        [script, appRoot, scope],
        { cwd: appRoot, env: { ...values }, timeout: LONGEST_MS, signal: this.signal },
        (error, stdout, stderr) => {
          if (!error) return void resolve(JSON.parse(stdout) as Token);
          if (!this.signal.aborted) this.#warn(scope, error, stderr);
          resolve(undefined);
        },
      ),
    );
  }

  #warn(scope: string, { code, killed }: ExecFileException, stderr: string): void {
    if (this.#warned.has(scope)) return;
    this.#warned.add(scope);
    const reason =
      code === NOT_INSTALLED
        ? 'the app has no package @azure/identity to sign in with'
        : `@azure/identity got none (${killed ? `no answer in ${LONGEST_MS / 1000} s` : firstLine(stderr)})`;
    this.context.log.warning(
      `Durable: callHttp asks for a token of the managed identity for '${scope}'. This machine has no managed identity, and ${reason}: ` +
        'requests go out without a token, which the service will likely answer with 401. To have one, install @azure/identity in the ' +
        'app and sign in with `az login`, or set AZURE_TENANT_ID, AZURE_CLIENT_ID and AZURE_CLIENT_SECRET.',
    );
  }
}

/** The extension completes the two best-known resources and takes all others for scopes as they are. */
function scopeOf(resource: string): string {
  return /^https:\/\/(management\.core\.windows\.net|graph\.microsoft\.com)\/?$/.test(resource)
    ? `${resource.replace(/\/$/, '')}/.default`
    : resource;
}

function firstLine(text: string): string {
  return text.trim().split('\n')[0] ?? '';
}
