/** Application Insights' ingestion endpoint, as far as its exporter goes: HTTPS, gzip, envelopes one to a line. Keeps the spans. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import os from 'node:os';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { selfSigned } from './self-signed';

/** A request or dependency of Application Insights, which a span became. */
export interface InsightsSpan {
  /** Table that it is found in. */
  readonly table: 'requests' | 'dependencies';
  /** Of a dependency: `InProc` where it is no call to another service. */
  readonly type: string;
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface InsightsMetric {
  readonly name: string;
  readonly properties: Readonly<Record<string, string>>;
}

export interface InsightsSink {
  /** Settings of an app that is to send here; the instrumentation key is nobody's. */
  readonly settings: Readonly<Record<string, string>>;
  /** And of one that is to do so as an identity, as it has one in Azure. */
  readonly identity: Readonly<Record<string, string>>;
  /** What telemetry was sent with; '' for nothing. */
  readonly authorizations: Set<string>;
  readonly metrics: InsightsMetric[];
  readonly spans: InsightsSpan[];
  readonly metricNames: Set<string>;
  /** All that came, as text. */
  text(): string;
  stop(): Promise<void>;
}

/** Where a managed identity's token is asked for, as on App Service. */
const IDENTITY = '/identity/token';

interface Envelope {
  readonly tags?: Readonly<Record<string, string>>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly id?: string;
      readonly name?: string;
      readonly type?: string;
      readonly properties?: Readonly<Record<string, string>>;
      readonly metrics?: readonly { readonly name: string }[];
    };
  };
}

export async function startInsightsSink(): Promise<InsightsSink> {
  const { certificate, key } = selfSigned();
  const folder = mkdtempSync(path.join(os.tmpdir(), 'sluice-insights-'));
  const authority = path.join(folder, 'authority.pem');
  writeFileSync(authority, certificate);
  const spans: InsightsSpan[] = [];
  const metricNames = new Set<string>();
  const metrics: InsightsMetric[] = [];
  const authorizations = new Set<string>();
  const texts: string[] = [];
  const take = ({ tags = {}, data: { baseType, baseData } }: Envelope): void => {
    for (const { name } of baseData.metrics ?? []) {
      metricNames.add(name);
      metrics.push({ name, properties: baseData.properties ?? {} });
    }
    if (baseType !== 'RequestData' && baseType !== 'RemoteDependencyData') return;
    const parent = tags['ai.operation.parentId'];
    spans.push({
      table: baseType === 'RequestData' ? 'requests' : 'dependencies',
      type: baseData.type ?? '',
      name: baseData.name ?? '',
      traceId: tags['ai.operation.id'] ?? '',
      spanId: baseData.id ?? '',
      ...(parent === undefined ? {} : { parentSpanId: parent }),
      properties: baseData.properties ?? {},
    });
  };
  const server = https.createServer({ cert: certificate, key }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      const text = (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString();
      let envelopes: Envelope[] = [];
      if (request.url?.startsWith(IDENTITY)) {
        const token = { access_token: 'of-the-app', expires_on: Math.floor(Date.now() / 1000) + 86_400 };
        response.writeHead(200, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ ...token, resource: 'https://monitor.azure.com', token_type: 'Bearer' }));
        return;
      }
      if (request.url?.endsWith('/track')) {
        texts.push(text);
        authorizations.add(request.headers.authorization ?? '');
        const parsed = text.startsWith('[') ? (JSON.parse(text) as Envelope[]) : undefined;
        envelopes =
          parsed ??
          text
            .split('\n')
            .filter(Boolean)
            .map((line) => JSON.parse(line) as Envelope);
        envelopes.forEach(take);
      }
      const counts = { itemsReceived: envelopes.length, itemsAccepted: envelopes.length, errors: [] };
      response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(counts));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `https://127.0.0.1:${(server.address() as { port: number }).port}/`;
  return {
    settings: {
      APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=00000000-0000-0000-0000-000000000001;IngestionEndpoint=${url};LiveEndpoint=${url}`,
      NODE_EXTRA_CA_CERTS: authority,
      // What the exporter says of itself goes to addresses of its own.
      APPLICATION_INSIGHTS_NO_STATSBEAT: 'true',
    },
    identity: {
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD',
      IDENTITY_ENDPOINT: new URL(IDENTITY, url).href,
      IDENTITY_HEADER: 'of-this-sink',
    },
    authorizations,
    spans,
    metrics,
    metricNames,
    text: () => texts.join('\n'),
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
