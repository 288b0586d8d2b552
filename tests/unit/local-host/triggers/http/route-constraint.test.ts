import { routeConstraint } from '../../../../../local-host/triggers/http/route-constraint';
import { RouteError } from '../../../../../local-host/triggers/http/route-error';

describe('routeConstraint', () => {
  test.each<[string, string[], string[]]>([
    ['int', ['0', '-7', '007', '+15', '2147483647'], ['', 'x', '1.5', '2147483648', '99999999999']],
    ['long', ['9223372036854775807'], ['9223372036854775808']],
    ['bool', ['true', 'FALSE'], ['1', 'yes']],
    ['double', ['1', '-1.5', '1e5'], ['x', '']],
    ['decimal', ['1.5'], ['1e5']],
    ['datetime', ['2031-02-03', '2031-02-03T04:05:06Z'], ['soon']],
    [
      'guid',
      [
        '0a0a0a0a-1111-4222-8333-444455556666',
        '0A0A0A0A-1111-4222-8333-444455556666',
        '{0a0a0a0a-1111-4222-8333-444455556666}',
        '0a0a0a0a111142228333444455556666',
      ],
      ['not-a-guid', '{0a0a0a0a111142228333444455556666}'],
    ],
    ['alpha', ['abc', 'ABC'], ['a1', 'é']],
    ['length(3,5)', ['abc', 'ééééé'], ['ab', 'abcdef']],
    ['length(2)', ['ab'], ['a', 'abc']],
    ['minlength(2)', ['ab', 'abc'], ['a']],
    ['maxlength(2)', ['', 'ab'], ['abc']],
    ['min(10)', ['10', '11'], ['9', 'x']],
    ['max(10)', ['10', '-5'], ['11', 'x']],
    ['range(10,20)', ['10', '20', '+15'], ['9', '21', 'x']],
    ['regex(^[a-c]+-[0-9]+$)', ['ab-12', 'AB-12'], ['ab-', 'd-1']],
    ['required', ['x'], ['']],
    ['file', ['a.txt', 'x/y.tar.gz'], ['a', 'a.']],
    ['nonfile', ['a'], ['a.txt']],
  ])('%s takes %j and refuses %j', (reference, good, bad) => {
    const constraint = routeConstraint(reference);
    for (const value of good) expect([value, constraint(value)]).toEqual([value, true]);
    for (const value of bad) expect([value, constraint(value)]).toEqual([value, false]);
  });

  test('names a constraint that does not exist', () => {
    expect(() => routeConstraint('ship')).toThrow(/constraint reference 'ship' could not be resolved/);
    expect(() => routeConstraint('length')).toThrow(RouteError);
    expect(() => routeConstraint('length(a)')).toThrow(RouteError);
    expect(() => routeConstraint('range(1)')).toThrow(RouteError);
    expect(() => routeConstraint('regex([)')).toThrow(RouteError);
  });
});
