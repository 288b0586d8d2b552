import type { RpcData } from '../../../../local-host/rpc-data';
import { resolveExpression } from '../../../../local-host/storage/binding-expression';
import { VirtualClock } from '../../../../local-host/virtual-clock';
import { hostContext } from '../host-context';

const context = { ...hostContext({ OUT: 'results' }), clock: new VirtualClock(Date.parse('2026-01-02T03:04:05.006Z')) };
const metadata: Record<string, RpcData> = {
  key: { string: 'k1' },
  Count: { int: 3 },
  flag: { json: 'true' },
  deep: { json: '{"a":{"b":"c"}}' },
  QueueTrigger: { string: '{"file":"x.txt", "n":1}' },
  text: { string: '{not json' },
};

describe('a binding expression', () => {
  test.each([
    ['%OUT%/{key}/out.txt', 'results/k1/out.txt'],
    ['{COUNT}-{flag}', '3-True'],
    ['{deep.a.b}', 'c'],
    ['{deep.a}', '{"b":"c"}'],
    ['{queueTrigger.file}', 'x.txt'],
    ['{queueTrigger}', '{"file":"x.txt", "n":1}'],
    ['{text}', '{not json'],
    ['{DateTime}', '2026-01-02T03-04-05Z'],
    ['{DateTime:yyyy/MM/dd/HH}', '2026/01/02/03'],
    ['{sys.utcnow:yyMMddHHmmssfff}', '260102030405006'],
    ['plain', 'plain'],
  ])('%s becomes %s', (text, expected) => {
    expect(resolveExpression(text, metadata, context)).toBe(expected);
  });

  test('makes GUIDs, each another', () => {
    const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
    expect(resolveExpression('{rand-guid}', metadata, context)).toMatch(guid);
    expect(resolveExpression('{sys.randguid:N}', metadata, context)).toMatch(/^[0-9a-f]{32}$/);
    expect(resolveExpression('{rand-guid}', metadata, context)).not.toBe(
      resolveExpression('{rand-guid}', metadata, context),
    );
  });

  test.each([
    ['{missing}', "Error while accessing 'missing': property doesn't exist."],
    ['{deep.x.y}', "Error while accessing 'deep.x.y': property doesn't exist."],
    ['{}', "Error while accessing '': property doesn't exist."],
    ['%NOPE%', "'%NOPE%' does not resolve to a value."],
  ])('%s fails', (text, message) => {
    expect(() => resolveExpression(text, metadata, context)).toThrow(message);
  });
});
