import { get } from 'node:http';

export type AzuriteService = 'blob' | 'queue' | 'table';

/** Whether an Azurite service listens on this port: every answer of it, even a refusal, carries its name. */
export function answersAsAzurite(port: number, service: AzuriteService): Promise<boolean> {
  const name = `azurite-${service}`;
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, path: '/', agent: false, timeout: 2000 }, (response) => {
      response.resume();
      resolve(
        String(response.headers.server ?? '')
          .toLowerCase()
          .startsWith(name),
      );
    });
    request.once('timeout', () => request.destroy());
    request.once('error', () => resolve(false));
  });
}
