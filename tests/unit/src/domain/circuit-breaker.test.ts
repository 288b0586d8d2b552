import { admit, closedBreaker, failed, succeeded, type BreakerState } from '../../../../src/domain/circuit-breaker';

const settings = { threshold: 3, openMs: 1000 };
const after = (failures: number, now = 0): BreakerState => {
  let state: BreakerState = closedBreaker;
  for (let i = 0; i < failures; i++) state = failed(state, now, settings);
  return state;
};

it('opens after so many failures in a row, and not before', () => {
  expect(admit(after(2), 0, settings).admitted).toBe(true);
  expect(admit(after(3), 999, settings)).toEqual({ admitted: false, retryAt: 1000 });
});

it('counts failures in a row only', () => {
  expect(succeeded()).toEqual(closedBreaker);
});

it('lets one try when its time is over, and closes or opens by how that goes', () => {
  const probe = admit(after(3), 1000, settings);
  if (!probe.admitted) throw new Error('not admitted');
  expect(probe.state.kind).toBe('half-open');
  expect(admit(probe.state, 1001, settings)).toEqual({ admitted: false, retryAt: 2000 });
  expect(failed(probe.state, 1500, settings)).toMatchObject({ kind: 'open', until: 2500 });
  // A probe that never came back does not close it for good.
  expect(admit(probe.state, 2000, settings).admitted).toBe(true);
});
