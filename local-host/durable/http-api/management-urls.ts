import type { RpcData } from '../../rpc-data';

export const WEBHOOK_PATH = '/runtime/webhooks/durabletask';

/** Where the management API is reached from outside. */
export interface PublicAddress {
  /** `http://host:port` */
  readonly origin: string;
  readonly hubName: string;
  readonly key: string;
}

/** Name of the setting with the storage connection, as the extension shows it. */
const CONNECTION = 'Storage';

export function requiredQuery({ hubName, key }: PublicAddress): string {
  return `taskHub=${hubName}&connection=${CONNECTION}&code=${key}`;
}

export function instanceUrl(address: PublicAddress, id: string): string {
  return `${address.origin}${WEBHOOK_PATH}/instances/${id}?${requiredQuery(address)}`;
}

/** The links that a client gets back for an instance. Creation answers have no rewind link, as recorded (`durable.start.response`). */
export function managementUrls(address: PublicAddress, id: string, withRewind: boolean): Record<string, string> {
  const base = `${address.origin}${WEBHOOK_PATH}/instances/${id}`;
  const query = requiredQuery(address);
  return {
    id,
    statusQueryGetUri: `${base}?${query}`,
    sendEventPostUri: `${base}/raiseEvent/{eventName}?${query}`,
    terminatePostUri: `${base}/terminate?reason={text}&${query}`,
    ...(withRewind ? { rewindPostUri: `${base}/rewind?reason={text}&${query}` } : {}),
    purgeHistoryDeleteUri: `${base}?${query}`,
    restartPostUri: `${base}/restart?${query}`,
    suspendPostUri: `${base}/suspend?reason={text}&${query}`,
    resumePostUri: `${base}/resume?reason={text}&${query}`,
  };
}

/** Data of the `durableClient` binding (`OrchestrationClientInputData` of the library). */
export function clientBindingData(address: PublicAddress, rpcBaseUrl: string): RpcData {
  const base = `${address.origin}${WEBHOOK_PATH}`;
  const query = requiredQuery(address);
  const create = `${base}/orchestrators/{functionName}[/{instanceId}]`;
  return {
    string: JSON.stringify({
      taskHubName: address.hubName,
      creationUrls: {
        createNewInstancePostUri: `${create}?${query}`,
        createAndWaitOnNewInstancePostUri: `${create}?timeout={timeoutInSeconds}&pollingInterval={intervalInSeconds}&${query}`,
      },
      managementUrls: managementUrls(address, 'INSTANCEID', true),
      baseUrl: base,
      requiredQueryStringParameters: query,
      rpcBaseUrl,
    }),
  };
}
