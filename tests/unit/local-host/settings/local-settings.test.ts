import { LocalSettingsError, readLocalSettings } from '../../../../local-host/settings/local-settings';
import { temporaryFolder } from '../temporary-folder';

const read = (text: string) => readLocalSettings(folders(text));
const made = new Map<string, string>();
function folders(text: string): string {
  const folder = made.get(text);
  if (folder === undefined) throw new Error('make the folder first');
  return folder;
}
for (const text of [
  '{"Values":{"A":"1","B":2,"C":true,"D":null},"ConnectionStrings":{"Db":"x"},"Host":{"LocalHttpPort":7075,"CORS":"https://a, https://b","CORSCredentials":true}}',
  '{"IsEncrypted":true,"Values":{"A":"cipher"}}',
  '{"Values":',
])
  made.set(text, temporaryFolder({ 'local.settings.json': text }));
const [full = '', encrypted = '', broken = ''] = [...made.keys()];
const empty = temporaryFolder();

describe('readLocalSettings', () => {
  test('reads values as text, connection strings, port and CORS', () => {
    expect(read(full)).toEqual({
      values: { A: '1', B: '2', C: 'true', D: '', 'ConnectionStrings:Db': 'x' },
      port: 7075,
      corsOrigins: ['https://a', 'https://b'],
      corsCredentials: true,
    });
  });

  test('an app without the file has no settings of its own', () => {
    expect(readLocalSettings(empty)).toEqual({ values: {}, port: undefined, corsOrigins: [], corsCredentials: false });
  });

  test('says what to do about an encrypted file and names a broken one', () => {
    expect(() => read(encrypted)).toThrow(/func settings decrypt/);
    expect(() => read(broken)).toThrow(LocalSettingsError);
    expect(() => read(broken)).toThrow(/local\.settings\.json cannot be read/);
  });
});
