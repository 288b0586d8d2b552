import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { contentFindings, inspectContent } from '../../../../../src/domain/ingestion/content-rules';
import { SECRET_RULES } from '../../../../../src/domain/ingestion/secret-rules';

/** Made up here, so that no file of the project holds one: any characters of the alphabet, the same in each run. */
function made(length: number, alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'): string {
  let state = 42;
  return Array.from({ length }, () => {
    state = (state * 1103515245 + 12345) % 2147483648;
    return alphabet.charAt((state >> 8) % alphabet.length);
  }).join('');
}
const upper = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const rules = (text: string): string[] => contentFindings(text).map(({ rule }) => rule);
const azurite = 'Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==';

const secrets: readonly (readonly [rule: string, secret: string])[] = [
  ['private-key', `-----BEGIN RSA PRIVATE KEY-----\n${made(64)}\n${made(64)}\n-----END RSA PRIVATE KEY-----`],
  ['private-key', `"-----BEGIN PRIVATE KEY-----\\n${made(64)}\\n-----END PRIVATE KEY-----"`],
  [
    'private-key',
    `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,ABC\n\n${made(64)}\n`,
  ],
  [
    'azure-account-key',
    `DefaultEndpointsProtocol=https;AccountName=a;AccountKey=${made(86)}==;EndpointSuffix=core.windows.net`,
  ],
  [
    'azure-shared-access-key',
    `Endpoint=sb://a.servicebus.windows.net/;SharedAccessKeyName=x;SharedAccessKey=${made(43)}=`,
  ],
  ['azure-sas', `https://a.blob.core.windows.net/c/b?sv=2024-11-04&sr=b&sp=r&sig=${made(43)}%3D`],
  ['azure-sas', `?sig=${made(43)}%3D&sv=2024-11-04`],
  ['entra-client-secret', `clientSecret: aB18Q~${made(34)}`],
  ['aws-access-key', `aws_access_key_id = AKIA${made(16, upper)}`],
  ['aws-access-key', `ASIA${made(16, upper)}`],
  ['github-token', `token: ghp_${made(36)}`],
  ['github-token', `github_pat_${made(22)}_${made(59)}`],
  ['gitlab-token', `glpat-${made(20)}`],
  ['slack-token', `xoxb-1234567890123-${made(24)}`],
  ['slack-webhook', `https://hooks.slack.com/services/T${made(8, upper)}/B${made(8, upper)}/${made(24)}`],
  ['google-api-key', `key=AIza${made(35)}`],
  ['npm-token', `//registry/:_authToken=npm_${made(36)}`],
  ['pypi-token', `pypi-AgEI${made(80)}`],
  ['stripe-key', `sk_live_${made(24)}`],
  ['sendgrid-key', `SG.${made(22)}.${made(43)}`],
  ['anthropic-key', `sk-ant-api03-${made(95)}`],
  ['openai-key', `sk-${made(20)}T3BlbkFJ${made(20)}`],
];

describe('secrets', () => {
  test.each(secrets)('%s is found with its line, and is not repeated', (rule, secret) => {
    const findings = contentFindings(`first line\nsecond, ${secret} and more\nthird`);
    expect(findings).toEqual([{ rule, line: 2, detail: expect.stringMatching(/^Line 2 holds what looks like an? /) }]);
    const told = JSON.stringify(findings);
    for (let at = 0; at + 12 <= secret.length; at++) expect(told).not.toContain(secret.slice(at, at + 12));
  });

  test('every rule has an example here', () => {
    expect(new Set(secrets.map(([rule]) => rule))).toEqual(new Set(SECRET_RULES.map(({ id }) => id)));
  });

  test.each([
    ['the development key of Azurite', `AccountName=devstoreaccount1;AccountKey=${azurite};`],
    ['x in place of a token', `ghp_${'x'.repeat(36)} and AccountKey=${'x'.repeat(86)}==`],
    ['the alphabet in place of a token', 'ghp_abcdefghijklmnopqrstuvwxyz0123456789'],
    ['the key of AWS’s documents', 'AKIAIOSFODNN7EXAMPLE'],
    ['a private key that is only named', 'Paste it with its line -----BEGIN PRIVATE KEY----- and the last one.'],
    ['a public key', `-----BEGIN PUBLIC KEY-----\n${made(64)}\n-----END PUBLIC KEY-----`],
    ['a certificate', `-----BEGIN CERTIFICATE-----\n${made(64)}\n-----END CERTIFICATE-----`],
    ['a hash', made(64, '0123456789abcdef')],
    ['words with the same beginning', 'AKIAMENTO, npm_config_registry, SG.example, xoxb, glpat-, 8Q~'],
    ['a JSON Web Token, which is an example more often than a secret', `eyJhbGciOiJIUzI1NiJ9.${made(40)}.${made(43)}`],
    ['an assignment of sig', `sig=${made(43)}=`],
  ])('%s is none', (_, text) => {
    expect(rules(text)).toEqual([]);
  });

  test('each line tells of a kind once, in the order of the lines, and twenty are told', () => {
    const key = (i: number): string => `AKIA${made(15, upper)}${upper.charAt(i % 32)}`;
    expect(rules(`${key(1)} ${key(2)}\nghp_${made(36)}\n${key(3)}`)).toEqual([
      'aws-access-key',
      'github-token',
      'aws-access-key',
    ]);
    expect(contentFindings(Array.from({ length: 100 }, (_, i) => key(i)).join('\n')).at(-1)?.line).toBe(20);
  });
});

describe('a content', () => {
  const inspect = (content: Uint8Array | string): string => {
    const found = inspectContent(typeof content === 'string' ? Buffer.from(content) : content);
    return found.kind === 'clean' ? 'clean' : found.findings.map(({ rule }) => rule).join();
  };
  const mz = Buffer.alloc(256);
  mz.write('MZ', 0, 'latin1');
  mz[0x3c] = 0x80;
  mz.write('PE', 0x80, 'latin1');
  const tar = Buffer.alloc(512, 0x61);
  tar.write('ustar\u000000', 257, 'latin1');

  test.each([
    ['a Windows program', mz, 'executable'],
    ['an ELF program', Buffer.from('\x7fELF\x02\x01', 'latin1'), 'executable'],
    ['a Mach-O program', Buffer.from([0xcf, 0xfa, 0xed, 0xfe, 7, 0]), 'executable'],
    ['a zip archive', Buffer.from('PK\x03\x04\x14\0', 'latin1'), 'disguised'],
    ['a gzip archive', gzipSync('text'), 'disguised'],
    ['a tar archive', tar, 'disguised'],
    ['a PDF document', '%PDF-1.7\n', 'disguised'],
    ['a PNG image', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]), 'disguised'],
    ['an SQLite database', 'SQLite format 3\0', 'disguised'],
    ['something with NUL bytes', 'a\0b', 'binary'],
    ['a text of control characters', 'a\u0001b\u0002c\u0003d\u0004', 'control-characters'],
  ])('%s is quarantined', (_, content, rule) => {
    expect(inspect(content)).toBe(rule);
  });

  test.each([
    ['nothing', ''],
    ['a script', '#!/bin/sh\necho hello\n'],
    [
      'a text that begins with MZ',
      'MZ is what programs of Windows begin with, and this is none of them, but a text about them.',
    ],
    ['a text about ID3', 'ID3 tags are at the end'],
    ['coloured output of a terminal', '\u001b[31mred\u001b[0m and \u001b[32mgreen\u001b[0m, again and again\u001b[0m'],
    ['form feeds', 'page one\fpage two\fpage three\f'],
  ])('%s is clean', (_, content) => {
    expect(inspect(content)).toBe('clean');
  });

  test('any bytes get an answer', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), (content) => void inspectContent(content)));
  });

  test.each(SECRET_RULES.map(({ anchor }) => anchor))('a text full of %j takes time by its length only', (anchor) => {
    const time = (text: string): number => {
      const from = process.cpuUsage();
      contentFindings(text);
      return process.cpuUsage(from).user / 1000;
    };
    time(anchor.repeat(10_000));
    // 300 KB; what grew with the square took minutes.
    expect(time(anchor.repeat(300_000 / anchor.length))).toBeLessThan(3000);
    expect(time(`${anchor}${'A'.repeat(300_000)}`)).toBeLessThan(3000);
  });
});
