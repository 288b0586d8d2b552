/**
 * Sets up OpenTelemetry for what is configured, and for nothing else: Application Insights, OTLP over HTTP, a Prometheus
 * port. The SDKs are loaded only then, since they take longer to load than the rest of the app.
 */
import type { TokenCredential } from '@azure/identity';
import { SpanKind } from '@opentelemetry/api';
import type { MetricReader } from '@opentelemetry/sdk-metrics';
import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { serveMetrics } from './metrics-server';

export interface TelemetryOptions {
  readonly serviceName: string;
  readonly otlpEndpoint: string | undefined;
  readonly otlpHeaders: string | undefined;
  readonly applicationInsights: string | undefined;
  /** Undefined: by the connection string alone. `clientId`: of a user-assigned identity. */
  readonly applicationInsightsIdentity: { readonly clientId: string | undefined } | undefined;
  /** 0 for none. */
  readonly metricsPort: number;
  /** 0 to 1. */
  readonly sampleRatio: number;
}

export interface Telemetry {
  /** What is exported where, for the start log; empty for nothing. */
  readonly describes: readonly string[];
  /** Sends what is still held. */
  shutdown(): Promise<void>;
}

/** `tell`: what an operator must know of an exporter that could not be set up as configured. */
export function startTelemetry(options: TelemetryOptions, tell: (message: string) => void): Telemetry {
  const prometheus = startPrometheus(options, tell);
  const started = options.applicationInsights
    ? startApplicationInsights(options, options.applicationInsights, prometheus.readers)
    : startOpenTelemetry(options, prometheus.readers);
  return {
    describes: [...started.describes, ...prometheus.describes],
    async shutdown() {
      await started.shutdown();
      await prometheus.shutdown();
    },
  };
}

function startOpenTelemetry(options: TelemetryOptions, prometheus: readonly MetricReader[]): Telemetry {
  const describes: string[] = [];
  const processors = otlpProcessors(options, describes);
  const readers = [...otlpReaders(options), ...prometheus];
  const stops: (() => Promise<void>)[] = [];
  if (processors.length > 0 || readers.length > 0) {
    const { resourceFromAttributes } = require('@opentelemetry/resources') as typeof import('@opentelemetry/resources');
    const resource = resourceFromAttributes({ 'service.name': options.serviceName });
    if (processors.length > 0) {
      const sdk = require('@opentelemetry/sdk-trace-node') as typeof import('@opentelemetry/sdk-trace-node');
      const sampler = new sdk.ParentBasedSampler({ root: new sdk.TraceIdRatioBasedSampler(options.sampleRatio) });
      const provider = new sdk.NodeTracerProvider({ resource, sampler, spanProcessors: processors });
      provider.register();
      stops.push(() => provider.shutdown());
    }
    if (readers.length > 0) {
      const sdk = require('@opentelemetry/sdk-metrics') as typeof import('@opentelemetry/sdk-metrics');
      const api = require('@opentelemetry/api') as typeof import('@opentelemetry/api');
      const provider = new sdk.MeterProvider({ resource, readers });
      api.metrics.setGlobalMeterProvider(provider);
      stops.push(() => provider.shutdown());
    }
  }
  return {
    describes,
    async shutdown() {
      await Promise.allSettled(stops.map((stop) => stop()));
    },
  };
}

function startApplicationInsights(
  options: TelemetryOptions,
  connectionString: string,
  prometheus: readonly MetricReader[],
): Telemetry {
  const insights = require('applicationinsights') as typeof import('applicationinsights');
  const credential = identityOf(options);
  const describes = [credential === undefined ? 'Application Insights' : 'Application Insights by identity'];
  const metricReaders = [...otlpReaders(options), ...prometheus];
  insights.useAzureMonitor({
    azureMonitorExporterOptions: { connectionString, ...(credential && { credential }) },
    samplingRatio: options.sampleRatio,
    tracesPerSecond: 0,
    spanProcessors: [nameOfConsumers, ...otlpProcessors(options, describes)],
    metricReaders,
  });
  return {
    describes,
    async shutdown() {
      await insights.shutdownAzureMonitor();
    },
  };
}

function identityOf({ applicationInsightsIdentity: identity }: TelemetryOptions): TokenCredential | undefined {
  if (identity === undefined) return undefined;
  const sdk = require('@azure/identity') as typeof import('@azure/identity');
  return new sdk.DefaultAzureCredential(identity.clientId ? { managedIdentityClientId: identity.clientId } : {});
}

/**
 * Application Insights shows what works on a message as a request, and names requests by this attribute unless they are HTTP's:
 * without it such a request has no name at all.
 */
const nameOfConsumers: SpanProcessor = {
  onStart(span) {
    if (span.kind === SpanKind.CONSUMER) span.setAttribute('ai.operation.name', span.name);
  },
  onEnd: () => undefined,
  forceFlush: () => Promise.resolve(),
  shutdown: () => Promise.resolve(),
};

function otlpProcessors({ otlpEndpoint, otlpHeaders }: TelemetryOptions, describes: string[]): SpanProcessor[] {
  if (!otlpEndpoint) return [];
  const { OTLPTraceExporter } =
    require('@opentelemetry/exporter-trace-otlp-http') as typeof import('@opentelemetry/exporter-trace-otlp-http');
  const { BatchSpanProcessor } =
    require('@opentelemetry/sdk-trace-base') as typeof import('@opentelemetry/sdk-trace-base');
  describes.push(`OTLP to ${new URL(otlpEndpoint).origin}`);
  const exporter = new OTLPTraceExporter({
    url: `${otlpEndpoint.replace(/\/$/, '')}/v1/traces`,
    headers: parseHeaders(otlpHeaders),
  });
  return [new BatchSpanProcessor(exporter)];
}

function otlpReaders({ otlpEndpoint, otlpHeaders }: TelemetryOptions): MetricReader[] {
  if (!otlpEndpoint) return [];
  const { OTLPMetricExporter } =
    require('@opentelemetry/exporter-metrics-otlp-http') as typeof import('@opentelemetry/exporter-metrics-otlp-http');
  const { PeriodicExportingMetricReader } =
    require('@opentelemetry/sdk-metrics') as typeof import('@opentelemetry/sdk-metrics');
  const exporter = new OTLPMetricExporter({
    url: `${otlpEndpoint.replace(/\/$/, '')}/v1/metrics`,
    headers: parseHeaders(otlpHeaders),
  });
  return [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 15_000 })];
}

function startPrometheus(
  { metricsPort }: TelemetryOptions,
  tell: (message: string) => void,
): Telemetry & { readonly readers: readonly MetricReader[] } {
  if (metricsPort === 0) return { describes: [], readers: [], shutdown: () => Promise.resolve() };
  const { PrometheusExporter } =
    require('@opentelemetry/exporter-prometheus') as typeof import('@opentelemetry/exporter-prometheus');
  const exporter = new PrometheusExporter({ preventServerStart: true });
  const answer = exporter.getMetricsRequestHandler.bind(exporter);
  const server = serveMetrics(answer, metricsPort, tell);
  return {
    describes: [`Prometheus on port ${metricsPort}`],
    readers: [exporter],
    shutdown: () => server.close(),
  };
}

function parseHeaders(text: string | undefined): Record<string, string> {
  const pairs = (text ?? '').split(',').flatMap((part) => {
    const at = part.indexOf('=');
    return at > 0 ? [[part.slice(0, at).trim(), decodeURIComponent(part.slice(at + 1).trim())] as const] : [];
  });
  return Object.fromEntries(pairs);
}
