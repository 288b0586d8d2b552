import { createLog } from '../../../local-host/log';
import type { HostContext } from '../../../local-host/plugin';
import { VirtualClock } from '../../../local-host/virtual-clock';
import type { LogRecord } from '../../../local-host/worker-protocol';

/** A HostContext over these app settings, with a clock moved by hand. Lines go to `records`. */
export function hostContext(values: Readonly<Record<string, string>> = {}, records: LogRecord[] = []): HostContext {
  return {
    settings: { appRoot: '/app', values, hostJson: { version: '2.0' }, hostId: 'host', hostVersion: '4.0', port: 7071 },
    clock: new VirtualClock(0),
    log: createLog((record) => records.push(record)),
    instanceId: 'instance',
    instanceNumber: 1,
    stateDir: '/state',
    invoke: () => Promise.reject(new Error('not in this test')),
  };
}
