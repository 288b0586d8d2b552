import { loadSettings, withPort } from '../../../../local-host/settings/load-settings';
import { temporaryFolder } from '../temporary-folder';

const app = temporaryFolder({
  'host.json': '{"version":"2.0"}',
  'local.settings.json': '{"Values":{"A":"file","B":"file","C":"file"},"Host":{"LocalHttpPort":7075}}',
});
const broken = temporaryFolder({ 'host.json': 'x' });

describe('loadSettings', () => {
  test('what the caller gives is over the environment, which is over the file', () => {
    const { settings } = loadSettings({ scriptRoot: app, env: { B: 'env', C: 'env' }, settings: { C: 'given' } });
    expect(settings.values).toMatchObject({ A: 'file', B: 'env', C: 'given' });
  });

  test('the port comes from the caller, else from the file, else it is 7071', () => {
    expect(loadSettings({ scriptRoot: app, env: {}, port: 0 }).settings.port).toBe(0);
    expect(loadSettings({ scriptRoot: app, env: {} }).settings.port).toBe(7075);
    expect(loadSettings({ scriptRoot: broken, env: {} }).settings.port).toBe(7071);
  });

  test('sets what Core Tools sets', () => {
    const { settings } = loadSettings({ scriptRoot: app, env: { WEBSITE_HOSTNAME: 'elsewhere' }, port: 7080 });
    expect(settings.values).toMatchObject({
      WEBSITE_HOSTNAME: 'localhost:7080',
      AZURE_FUNCTIONS_ENVIRONMENT: 'Development',
      FUNCTIONS_WORKER_RUNTIME: 'node',
    });
    expect(withPort(settings, 7081).values['WEBSITE_HOSTNAME']).toBe('localhost:7081');
  });

  test('the host id is the setting, else the same for the same folder', () => {
    const id = (env: Record<string, string>) => loadSettings({ scriptRoot: app, env }).settings.hostId;
    expect(id({ AzureFunctionsWebHost__hostid: 'MyHost' })).toBe('myhost');
    expect(id({})).toBe(id({}));
    expect(id({})).toMatch(/^[a-z0-9-]{1,32}$/);
  });

  test('a host.json that cannot be used is a problem of the host, not an exception', () => {
    expect(loadSettings({ scriptRoot: broken, env: {} }).problem).toMatch(/Unable to parse host configuration file/);
    expect(loadSettings({ scriptRoot: app, env: {} }).problem).toBeUndefined();
  });
});
