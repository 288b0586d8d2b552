import { sha256Hex } from '../digest';

/** A kind of secret that is known by its form. Kinds without a form of their own (passwords) and those that are often examples (JWT) are left out. */
export interface SecretRule {
  readonly id: string;
  /** For people: `a key of an Azure storage account`. */
  readonly name: string;
  /** Every such secret has this text, and little else has: it is looked for first. */
  readonly anchor: string;
  /** Matches at the anchor, with a bounded length; group 1 is the secret, or what follows its anchor. */
  readonly form: RegExp;
  /** Of the 250 characters before the anchor. */
  readonly before?: RegExp;
  /** Of these and the 250 from the anchor on. */
  readonly around?: RegExp;
}

const base64Of = (length: number): string => `[A-Za-z0-9+/]{${length}}`;

export const SECRET_RULES: readonly SecretRule[] = [
  {
    id: 'private-key',
    name: 'a private key',
    anchor: '-----BEGIN ',
    form: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----[^+/A-Za-z0-9]{1,20}(?:[A-Z][A-Za-z-]{1,20}: [^\n]{0,80}\n{1,2}){0,3}([A-Za-z0-9+/=]{40,76})/y,
  },
  {
    id: 'azure-account-key',
    name: 'a key of an Azure storage or Cosmos DB account',
    anchor: 'AccountKey=',
    form: new RegExp(`AccountKey=(${base64Of(86)}==)`, 'y'),
  },
  {
    id: 'azure-shared-access-key',
    name: 'a shared access key of Azure Service Bus, Event Hubs or IoT Hub',
    anchor: 'SharedAccessKey=',
    form: new RegExp(`SharedAccessKey=(${base64Of(43)}=)`, 'y'),
  },
  {
    id: 'azure-sas',
    name: 'a shared access signature of Azure Storage',
    anchor: 'sig=',
    form: /sig=([A-Za-z0-9%+/]{40,70}(?:%3[dD]|=))/y,
    around: /[?&;"']s[vt]=20\d\d-/,
  },
  {
    id: 'entra-client-secret',
    name: 'a client secret of Microsoft Entra',
    anchor: '8Q~',
    form: /(8Q~[\w~.-]{31,34})(?![\w~.-])/y,
    before: /(?<![\w~.-])[\w~.-]{3}$/,
  },
  {
    id: 'aws-access-key',
    name: 'an access key of AWS',
    anchor: 'AKIA',
    form: /(AKIA[A-Z2-7]{16})(?![A-Za-z0-9])/y,
    before: /(?:^|[^A-Za-z0-9])$/,
  },
  {
    id: 'aws-access-key',
    name: 'a temporary access key of AWS',
    anchor: 'ASIA',
    form: /(ASIA[A-Z2-7]{16})(?![A-Za-z0-9])/y,
    before: /(?:^|[^A-Za-z0-9])$/,
  },
  ...['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'].map((anchor) => ({
    id: 'github-token',
    name: 'a token of GitHub',
    anchor,
    form: new RegExp(`(${anchor}[A-Za-z0-9]{36})(?![A-Za-z0-9])`, 'y'),
  })),
  {
    id: 'github-token',
    name: 'a token of GitHub',
    anchor: 'github_pat_',
    form: /(github_pat_[A-Za-z0-9]{22}_[A-Za-z0-9]{59})/y,
  },
  { id: 'gitlab-token', name: 'a token of GitLab', anchor: 'glpat-', form: /(glpat-[\w-]{20,50})/y },
  {
    id: 'slack-token',
    name: 'a token of Slack',
    anchor: 'xox',
    form: /(xox[abeprs]-[0-9]{8,14}-[A-Za-z0-9-]{10,100})/y,
  },
  {
    id: 'slack-webhook',
    name: 'a webhook of Slack',
    anchor: 'hooks.slack.com/services/',
    form: /hooks\.slack\.com\/services\/(T[A-Z0-9]{6,12}\/B[A-Z0-9]{6,12}\/[A-Za-z0-9]{20,28})/y,
  },
  { id: 'google-api-key', name: 'an API key of Google', anchor: 'AIza', form: /(AIza[\w-]{35})(?![\w-])/y },
  { id: 'npm-token', name: 'a token of npm', anchor: 'npm_', form: /(npm_[A-Za-z0-9]{36})(?![A-Za-z0-9])/y },
  { id: 'pypi-token', name: 'a token of PyPI', anchor: 'pypi-AgEI', form: /(pypi-AgEI[\w-]{50,200})/y },
  {
    id: 'stripe-key',
    name: 'a live key of Stripe',
    anchor: 'k_live_',
    form: /(k_live_[A-Za-z0-9]{20,100})/y,
    before: /[sr]$/,
  },
  { id: 'sendgrid-key', name: 'an API key of SendGrid', anchor: 'SG.', form: /(SG\.[\w-]{22}\.[\w-]{43})(?![\w-])/y },
  {
    id: 'anthropic-key',
    name: 'an API key of Anthropic',
    anchor: 'sk-ant-',
    form: /(sk-ant-[a-z0-9]{3,8}-[\w-]{80,120})/y,
  },
  {
    id: 'openai-key',
    name: 'an API key of OpenAI',
    anchor: 'T3BlbkFJ',
    form: /(T3BlbkFJ[\w-]{20,100})/y,
    before: /(?<![\w-])sk-[\w-]{20,200}$/,
  },
];

/** SHA-256 of keys that everybody knows: Azurite's, and the Cosmos DB emulator's. */
const PUBLIC_KEYS = new Set([
  '0011cc25eb4320717494d2703e8cba85743e71b500283c21c8b88147992f9059',
  'aa6547439583c3a275d4542a0df6c1ad6a863971be9f2a2220f027cc02aef615',
]);

/** Characters. */
const REACH = 250;

export interface FoundSecret {
  readonly rule: SecretRule;
  /** Offset of the anchor. */
  readonly at: number;
}

/** Looks for each rule's anchor, and at its form only there: time grows with the text, whatever it holds. */
export function* findSecrets(text: string): Generator<FoundSecret> {
  for (const rule of SECRET_RULES) {
    for (let at = text.indexOf(rule.anchor); at >= 0; at = text.indexOf(rule.anchor, at + rule.anchor.length))
      if (isSecret(text, rule, at)) yield { rule, at };
  }
}

function isSecret(text: string, { form, before, around }: SecretRule, at: number): boolean {
  form.lastIndex = at;
  const secret = form.exec(text)?.[1];
  if (secret === undefined) return false;
  const ahead = text.slice(Math.max(0, at - REACH), at);
  if (before && !before.test(ahead)) return false;
  if (around && !around.test(ahead + text.slice(at, at + REACH))) return false;
  return !isPlaceholder(secret) && !PUBLIC_KEYS.has(sha256Hex(secret));
}

/** `xxxx…`, `EXAMPLE` and the alphabet stand in documents for a secret. */
function isPlaceholder(secret: string): boolean {
  if (/EXAMPLE|PLACEHOLDER|REDACTED|YOUR/i.test(secret)) return true;
  const characters = [...secret];
  const steps = characters.filter(
    (c, i) => i > 0 && c.charCodeAt(0) - (characters[i - 1] ?? c).charCodeAt(0) === 1,
  ).length;
  return new Set(characters).size < Math.min(12, secret.length / 2.5) || steps * 2 > secret.length;
}
