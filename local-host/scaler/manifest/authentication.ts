/** What a trigger's `authenticationRef` gives it: parameters by name, and whether a pod identity is to be used. */
import { setting, type HostSettings } from '../../settings/host-settings';
import type { AuthenticationManifest, SecretManifest } from './schema';

export interface Authentication {
  readonly parameters: Readonly<Record<string, string>>;
  readonly identity: boolean;
}

const KNOWN = new Set(['podIdentity', 'env', 'secretTargetRef']);
const IDENTITIES = new Set(['azure-workload', 'none']);

/**
 * `env` names variables of the workload's container, which are settings of the app here; secrets are looked up in the given files.
 * @throws Error that names what cannot be had on one machine, and what to do
 */
export function resolveAuthentication(
  { metadata, spec }: AuthenticationManifest,
  secrets: ReadonlyMap<string, SecretManifest>,
  settings: Pick<HostSettings, 'values'>,
): Authentication {
  const unknown = Object.keys(spec).filter((key) => !KNOWN.has(key));
  if (unknown.length > 0)
    throw new Error(
      `authentication '${metadata.name}' uses ${unknown.join(', ')}, which cannot be had here; give the value by 'env' and set it.`,
    );
  const provider = spec.podIdentity?.provider ?? 'none';
  if (!IDENTITIES.has(provider))
    throw new Error(
      `authentication '${metadata.name}' uses pod identity '${provider}'; azure-workload is spoken here.`,
    );
  const parameters: Record<string, string> = {};
  for (const { parameter, name } of spec.env ?? []) {
    const value = setting(settings, name);
    // As in a cluster, a variable that is not set gives nothing; whoever needs the parameter says so.
    if (value !== undefined && value !== '') parameters[parameter] = value;
  }
  for (const { parameter, name, key } of spec.secretTargetRef ?? []) {
    const secret = secrets.get(name);
    const value = secret?.stringData?.[key] ?? decoded(secret?.data?.[key]);
    if (value === undefined)
      throw new Error(
        `authentication '${metadata.name}' takes '${parameter}' from key '${key}' of Secret '${name}', which is in none of the given files; add it there, or give the parameter by 'env'.`,
      );
    parameters[parameter] = value;
  }
  return { parameters, identity: provider === 'azure-workload' };
}

function decoded(base64: string | undefined): string | undefined {
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64').toString('utf8');
}
