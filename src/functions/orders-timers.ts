import { app } from '@azure/functions';
import type { App } from '../composition';
import { withInvocationLog } from '../telemetry/logger';

/** Parked orders whose time has come (O2). */
export function registerOrdersResumed({ config, logger, orders }: App): void {
  app.timer('orders-resumed', {
    schedule: config.orders.resumeSchedule,
    useMonitor: false,
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        const { settled, orders: waiting } = await orders.resume();
        if (settled > 0 || waiting > 0)
          logger.info('Parked orders looked at', { pipeline: 'orders', settled, waiting });
      }),
  });
}

/** Daily, at an hour that few work at; made up for when no host ran. */
const NIGHTLY = '0 17 3 * * *';

/** What is known of orders that were done long ago (C12). */
export function registerOrdersExpired({ logger, orders }: App): void {
  app.timer('orders-expired', {
    schedule: NIGHTLY,
    handler: (_timer, context) =>
      withInvocationLog(context, async () => {
        const removed = await orders.expire();
        logger.info('Old entries of the orders ledger removed', { pipeline: 'orders', removed });
      }),
  });
}
