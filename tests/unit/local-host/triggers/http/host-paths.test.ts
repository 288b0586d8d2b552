import { isHostPath } from '../../../../../local-host/triggers/http/host-paths';

describe('isHostPath', () => {
  test.each(['/admin/host/status', '/ADMIN/functions', '/admin/warmup', '/runtime/webhooks/x'])(
    '%s is the host’s',
    (path) => {
      expect(isHostPath(path)).toBe(true);
    },
  );

  test.each(['/', '/admin', '/admin/xyz', '/administration/host', '/api/admin/host', '/runtime/other'])(
    '%s may be a function’s',
    (path) => {
      expect(isHostPath(path)).toBe(false);
    },
  );
});
