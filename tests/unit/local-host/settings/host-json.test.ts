import fs from 'node:fs';
import path from 'node:path';
import { HostStartError } from '../../../../local-host/plugin';
import { readHostJson } from '../../../../local-host/settings/host-json';
import { temporaryFolder } from '../temporary-folder';

const none = temporaryFolder();
const queues = temporaryFolder({ 'host.json': '{"version":"2.0","extensions":{"queues":{"batchSize":4}}}' });
const broken = temporaryFolder({ 'host.json': '{"version":"2.0",' });
const old = temporaryFolder({ 'host.json': '{"version":"1.0"}' });

describe('readHostJson', () => {
  test('writes a minimal file when there is none', () => {
    expect(readHostJson(none, {})).toEqual({ version: '2.0' });
    expect(JSON.parse(fs.readFileSync(path.join(none, 'host.json'), 'utf8'))).toEqual({ version: '2.0' });
  });

  test('settings override, names without case, numbers and booleans typed', () => {
    const hostJson = readHostJson(queues, {
      AzureFunctionsJobHost__extensions__Queues__batchsize: '8',
      AzureFunctionsJobHost__extensions__durableTask__extendedSessionsEnabled: 'true',
      AzureFunctionsJobHost__functionTimeout: '00:05:00',
    });
    expect(hostJson).toEqual({
      version: '2.0',
      functionTimeout: '00:05:00',
      extensions: { queues: { batchSize: 8 }, durableTask: { extendedSessionsEnabled: true } },
    });
  });

  test('refuses what is not JSON and another version', () => {
    expect(() => readHostJson(broken, {})).toThrow(HostStartError);
    expect(() => readHostJson(old, {})).toThrow(/version/);
  });
});
