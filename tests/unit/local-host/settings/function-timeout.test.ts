import { functionTimeoutMs } from '../../../../local-host/settings/function-timeout';
import type { HostSettings } from '../../../../local-host/settings/host-settings';

const timeout = (functionTimeout?: string) =>
  functionTimeoutMs({
    hostJson: { version: '2.0', ...(functionTimeout === undefined ? {} : { functionTimeout }) },
  } as HostSettings);

describe('functionTimeoutMs', () => {
  test.each([
    [undefined, 1_800_000],
    ['00:05:00', 300_000],
    ['00:00:01.5', 1_500],
    ['1.02:00:00', 93_600_000],
    ['00:10', 600_000],
    ['-1', undefined],
    ['-00:00:00.001', undefined],
    ['nonsense', 1_800_000],
  ])('%j is %j ms', (text, ms) => {
    expect(timeout(text)).toBe(ms);
  });
});
