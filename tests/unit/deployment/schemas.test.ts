/** azure.yaml and host.json, held to the schemas that others publish for them. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Ajv, type AnySchemaObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019';
import { parse } from 'yaml';
import { projectRoot } from '../../drivers/app-under-test';

/** Beside the project, where the schemas of others are kept. */
const schemas = path.join(projectRoot, '..', 'shared', 'schemas');
const found = existsSync(schemas);
if (!found) console.warn(`Skipped: the schemas of azure.yaml and host.json are not there (${schemas}).`);
const check = found ? test : test.skip;

const schema = (file: string): AnySchemaObject =>
  JSON.parse(readFileSync(path.join(schemas, file), 'utf8')) as AnySchemaObject;
const text = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');

check('azure.yaml is what azd takes', () => {
  const azd = schema('azure-dev/azure.yaml.json');
  const ajv = new Ajv2019({ strict: false, allErrors: true });
  // Schemas of azd's extensions, for services that are none of ours.
  const others = [...JSON.stringify(azd).matchAll(/"\$ref":"(https:[^"#]*)"/g)].map(([, url]) => url ?? '');
  for (const url of new Set(others)) ajv.addSchema({}, url);
  const validate = ajv.compile(azd);
  const ours = parse(text('azure.yaml')) as { services: Record<string, object> };
  expect([validate(ours), validate.errors]).toEqual([true, null]);
  const wrong = { ...ours, services: { app: { ...ours.services['app'], remoteBuild: 'no' } } };
  expect(validate(wrong)).toBe(false);
});

check('host.json is what the Functions host takes', () => {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema(schema('schemastore/host.json'), 'host');
  const validate = ajv.compile({ $ref: 'host#/definitions/version-2' });
  const findings = (value: unknown): string[] =>
    validate(value)
      ? []
      : (validate.errors ?? []).map(
          ({ instancePath, keyword, params }) =>
            `${instancePath} ${keyword} ${String(params['additionalProperty'] ?? params['type'] ?? '')}`,
        );
  const ours = JSON.parse(text('host.json')) as Record<string, unknown>;
  // The schema does not know the Kafka extension, and its two forms of the Event Hubs extension both take what is one of them.
  const gaps = ['/extensions additionalProperties kafka', '/extensions/eventHubs oneOf '];
  expect(findings(ours)).toEqual(gaps);
  expect(findings({ ...ours, functionTimeout: 30 })).toContain('/functionTimeout type string');
  expect(findings({ ...ours, unheardOf: 1 })).toContain(' additionalProperties unheardOf');
});
