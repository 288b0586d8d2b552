/** Azurite under watch: started again when it ends unasked, as storage in Azure would come back. */
import { isAlive } from '../../local-host/process-state';
import { startAzurite, type Azurite, type AzuriteOptions } from '../../local-host/storage/azurite';

export interface StorageProcess {
  readonly azurite: Azurite;
  stop(): Promise<void>;
}

const LOOK_EVERY_MS = 500;

export async function startStorageProcess(
  options: AzuriteOptions,
  onDeath: (pid: number) => void,
): Promise<StorageProcess> {
  let azurite = await startAzurite(options);
  let restarting: Promise<void> | undefined;
  let stopped = false;
  const timer = setInterval(() => {
    if (stopped || restarting || isAlive(azurite.pid)) return;
    onDeath(azurite.pid);
    restarting = startAzurite(options)
      .then((next) => {
        azurite = next;
      })
      .catch((error: unknown) => console.error(error instanceof Error ? error.message : String(error)))
      .finally(() => {
        restarting = undefined;
      });
  }, LOOK_EVERY_MS);
  return {
    azurite,
    async stop() {
      stopped = true;
      clearInterval(timer);
      await restarting;
      await azurite.stop();
    },
  };
}
