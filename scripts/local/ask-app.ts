/** A command's way to a running app, over HTTP. */

export interface AppAddress {
  /** Without a slash at the end. */
  readonly url: string;
  /** Function or master key, where the app asks for one. */
  readonly key: string | undefined;
}

/** What the app answered instead of what was asked for; status 0: it did not answer. */
export class AppRefusal extends Error {
  override readonly name = 'AppRefusal';
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

/** The answer's JSON. Rejects with an {@link AppRefusal} whose message names the remedy. */
export async function askApp<T>({ url, key }: AppAddress, method: string, path: string, body?: string): Promise<T> {
  const headers = {
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    ...(key === undefined ? {} : { 'x-functions-key': key }),
  };
  let answer;
  try {
    answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
    throw new AppRefusal(0, `${url} does not answer (${cause}). Start the app (npm start), or name it with --url`);
  }
  const text = await answer.text();
  if (answer.ok) return JSON.parse(text) as T;
  if (answer.status === 401)
    throw new AppRefusal(401, `${url} asks for a function key. Give one with SLUICE_KEY or --key.`);
  throw new AppRefusal(
    answer.status,
    detailOf(text) ??
      `${url} answered ${method} ${path} with ${answer.status}, not as Sluice does. Is it the app's address (--url)?`,
  );
}

/** The app that a command's options and environment name; an address that is none is a reason to end with. */
export function appAddress(
  given: { readonly url?: string | undefined; readonly key?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): AppAddress | { readonly reason: string } {
  const url = given.url ?? environment['SLUICE_URL'] ?? 'http://localhost:7071';
  if (!/^https?:\/\/[^/\s]+/.test(url) || !URL.canParse(url))
    return { reason: `--url takes an address such as http://localhost:7071, not ${JSON.stringify(url)}` };
  return { url: url.replace(/\/+$/, ''), key: given.key ?? environment['SLUICE_KEY'] };
}

function detailOf(text: string): string | undefined {
  try {
    return (JSON.parse(text) as { detail?: string }).detail;
  } catch {
    return undefined;
  }
}
