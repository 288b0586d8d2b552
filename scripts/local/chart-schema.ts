import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { settingNames } from '../../src/config/settings';

const root = path.resolve(__dirname, '..', '..', '..');

/** Settings that KEDA reads from the pods' environment, and the app does not. */
export const SCALER_SETTINGS = ['RABBITMQ_MANAGEMENT_URL'] as const;

/** Whatever stands below these is Kubernetes' own. */
const FREE = new Set([
  'resources',
  'annotations',
  'podAnnotations',
  'nodeSelector',
  'tolerations',
  'imagePullSecrets',
  'mountOptions',
]);

const CHOICES: Readonly<Record<string, readonly string[]>> = {
  layout: ['per-pipeline', 'all-in-one'],
  broker: ['queue', 'rabbitmq'],
  backend: ['queue', 'kafka', 'eventhub'],
  type: ['ClusterIP', 'NodePort', 'LoadBalancer'],
  pullPolicy: ['Always', 'IfNotPresent', 'Never'],
};

/**
 * JSON Schema of the chart's values, by which Helm refuses what it does not know: a misspelt value or setting would otherwise be
 * left out without a word. Shapes are those of values.yaml, the names of settings those of the code.
 */
export function chartSchema(): string {
  const values: unknown = parse(readFileSync(path.join(root, 'infra', 'helm', 'sluice', 'values.yaml'), 'utf8'));
  const schema = {
    $schema: 'http://json-schema.org/draft-07/schema#',
    $comment: 'Made by npm run docs.',
    ...schemaOf(values, ''),
  };
  return `${JSON.stringify(schema, undefined, 2)}\n`;
}

function schemaOf(value: unknown, name: string): object {
  if (name === 'settings')
    return {
      type: 'object',
      propertyNames: { enum: settingNames },
      additionalProperties: { type: ['string', 'number', 'boolean'] },
    };
  if (name === 'secrets')
    return {
      type: 'object',
      propertyNames: { enum: [...settingNames, ...SCALER_SETTINGS] },
      additionalProperties: {
        type: 'object',
        required: ['secret', 'key'],
        properties: { secret: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } },
        additionalProperties: false,
      },
    };
  if (Array.isArray(value)) return { type: 'array' };
  if (FREE.has(name)) return { type: 'object' };
  if (CHOICES[name]) return { enum: CHOICES[name] };
  if (typeof value === 'object' && value !== null) {
    const properties = Object.fromEntries(Object.entries(value).map(([key, below]) => [key, schemaOf(below, key)]));
    // Helm hands a chart that is another's part the values of all.
    return {
      type: 'object',
      properties: name === '' ? { ...properties, global: { type: 'object' } } : properties,
      additionalProperties: false,
    };
  }
  return typeof value === 'number' ? { type: 'integer', minimum: 0 } : { type: typeof value };
}
