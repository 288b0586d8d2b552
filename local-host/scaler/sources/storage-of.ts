/** The storage account of a trigger: a connection wins; where there is none, a pod identity with the account's name. */
import type { HostSettings } from '../../settings/host-settings';
import { part, storageConnection, type StorageConnection } from '../../storage/connection';
import type { Parameters } from './parameters';

const SECTION = 'ScaleTriggerStorage';

/**
 * In a cluster a pod identity comes before a connection. Here it is the other way round, so that one manifest can name both:
 * the identity for the cluster, `…FromEnv` with a setting of the app for one machine. That setting may be a connection
 * string or a section for identity-based access, such as `AzureWebJobsStorage__accountName`.
 * @throws Error that names what is missing
 */
export function storageOf(
  parameters: Parameters,
  settings: Pick<HostSettings, 'values'>,
  names: { readonly connection: string; readonly account: string },
): StorageConnection {
  const text = parameters.text(names.connection);
  if (text !== undefined) return storageConnection({ values: { [`AzureWebJobs${SECTION}`]: text } }, SECTION);
  const variable = parameters.trigger.metadata[`${names.connection}FromEnv`];
  const hasSection = (key: string): boolean => variable !== undefined && part(settings, variable, key) !== undefined;
  if (variable !== undefined && ['accountName', 'serviceUri', 'queueServiceUri', 'blobServiceUri'].some(hasSection))
    return storageConnection(settings, variable);
  const account = parameters.text(names.account);
  if (parameters.trigger.identity && account !== undefined) {
    if (variable !== undefined)
      parameters.warnings.push(
        `${parameters.trigger.where}.metadata.${names.connection}FromEnv names the setting ${variable}, which is not set: the account '${account}' is asked with an identity, which az login gives. Where another storage is meant, set ${variable}.`,
      );
    return storageConnection({ values: { ...settings.values, [`${SECTION}__accountName`]: account } }, SECTION);
  }
  parameters.required(names.connection);
  throw new Error(`metadata.${names.connection} is missing.`);
}
