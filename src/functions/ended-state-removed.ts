import { app } from '@azure/functions';
import * as df from 'durable-functions';
import { retainedInstances } from '../adapters/durable-client/purge-instances';
import type { App } from '../composition';
import { withInvocationLog } from '../telemetry/logger';

/** Once a day: state does not grow for ever (C12). */
export function registerEndedStateRemoved({ config, removeEndedState }: App): void {
  app.timer('ended-state-removed', {
    schedule: config.retention.schedule,
    extraInputs: [df.input.durableClient()],
    handler: (_timer, context) => withInvocationLog(context, () => removeEndedState(retainedInstances(context))),
  });
}
