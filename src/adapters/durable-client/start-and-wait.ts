/**
 * Starts an orchestration and hears of its end in one HTTP request to the host, where the library's client would start it and
 * then ask again and again. The extension's start address takes `timeout` and `pollingInterval`, in seconds (HttpApiHandler of
 * Azure/azure-functions-durable-extension); a host that knows neither answers at once that the instance is under way.
 */
import http from 'node:http';

export interface StartAndWait {
  /** Base address of the host's own durable API, ending in a slash. */
  readonly rpc: string;
  readonly name: string;
  readonly instanceId: string;
  readonly input: unknown;
  readonly waitMs: number;
  readonly signal: AbortSignal;
}

export type StartAnswer =
  | { readonly kind: 'under-way' }
  /** `output`: undefined where it failed or was terminated. */
  | { readonly kind: 'ended'; readonly output: unknown }
  | { readonly kind: 'refused'; readonly reason: string };

/** Between two looks of a host whose storage tells it nothing of itself. */
const POLL_S = 0.2;
/** The answer may come this much later than it was asked for. */
const LATE_MS = 30_000;

const agent = new http.Agent({ keepAlive: true });

/** @throws Error when there was no answer: whether it was started is then not known */
export async function startAndWait(call: StartAndWait): Promise<StartAnswer> {
  const url = new URL(`orchestrators/${call.name}/${call.instanceId}`, call.rpc);
  url.searchParams.set('timeout', String(call.waitMs / 1000));
  url.searchParams.set('pollingInterval', String(POLL_S));
  const { status, body } = await post(url, JSON.stringify(call.input), call);
  if (status === 202) return { kind: 'under-way' };
  if (tellsOf(call.instanceId, body)) return { kind: 'ended', output: undefined };
  if (status !== 200) return { kind: 'refused', reason: `${status} ${body.slice(0, 500)}` };
  return { kind: 'ended', output: body === '' ? null : (JSON.parse(body) as unknown) };
}

/** What failed or was terminated is answered by its status in place of an output. */
function tellsOf(instanceId: string, body: string): boolean {
  try {
    const told = JSON.parse(body) as { readonly instanceId?: unknown; readonly runtimeStatus?: unknown } | null;
    return told?.instanceId === instanceId && typeof told.runtimeStatus === 'string';
  } catch {
    return false;
  }
}

function post(
  url: URL,
  text: string,
  { waitMs, signal }: StartAndWait,
): Promise<{ readonly status: number; readonly body: string }> {
  return new Promise((resolve, reject) => {
    const body = Buffer.from(text);
    const request = http.request(
      url,
      { method: 'POST', agent, signal, headers: { 'content-type': 'application/json', 'content-length': body.length } },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.once('error', reject);
        response.once('end', () =>
          resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
        );
      },
    );
    request.setTimeout(waitMs + LATE_MS, () => request.destroy(new Error('The host did not answer in time.')));
    request.once('error', reject);
    request.end(body);
  });
}
