import { NO_PAST, decideReplicas, type HpaPast } from '../../../../local-host/scaler/decision/hpa';
import { DEFAULT_DOWN, DEFAULT_UP, type HpaRules } from '../../../../local-host/scaler/decision/hpa-rules';
import { metricNumber, type MetricReading } from '../../../../local-host/scaler/decision/metric-reading';

/** SPEC B4: one to ten, a message each, half a minute before fewer, and as many at once as there are messages. */
const B4: HpaRules = {
  ...{ min: 1, max: 10, maxName: 'maxReplicaCount' },
  behaviour: {
    up: { ...DEFAULT_UP, policies: [{ type: 'Pods', value: 10, periodMs: 15_000 }] },
    down: { ...DEFAULT_DOWN, windowMs: 30_000 },
  },
};
const DEFAULTS: HpaRules = { ...B4, max: 100, behaviour: { up: DEFAULT_UP, down: DEFAULT_DOWN } };
const LEGACY: HpaRules = { ...B4, max: 100, behaviour: undefined };

const messages = (value: number, target = 1, type: 'AverageValue' | 'Value' = 'AverageValue'): MetricReading => ({
  ...{ kind: 'value', what: "messages in queue 'q'", value, target, type },
});
const gone: MetricReading = { kind: 'failure', what: "messages in queue 'q'", reason: 'it is away.' };

/** What becomes of the replicas when this is counted at these seconds. */
function story(rules: HpaRules, start: number, looks: readonly (readonly [seconds: number, ...MetricReading[]])[]) {
  let past: HpaPast = NO_PAST;
  let replicas = start;
  return looks.map(([seconds, ...metrics]) => {
    const decision = decideReplicas(rules, past, { nowMs: seconds * 1000, replicas, ready: replicas, metrics });
    ({ replicas, past } = decision);
    return `${replicas} ${decision.cause}`;
  });
}

describe('replicas by the number of messages', () => {
  test.each([
    [0, 1, '1 min'],
    [1, 1, '1 metric'],
    [2, 1, '2 metric'],
    [7, 1, '7 metric'],
    [10, 1, '10 metric'],
    [11, 1, '10 max'],
    [200, 1, '10 max'],
    [1e15, 1, '10 max'],
    [21, 10, '3 metric'],
    [1.1, 0.1, '10 max'],
    [0.7, 0.1, '7 metric'],
  ])('%d of them, %d each, from one replica: %s', (value, target, expected) => {
    expect(story(B4, 1, [[0, messages(value, target)]])).toEqual([expected]);
  });

  test('within a tenth of the target nothing changes, either way', () => {
    const at10 = (value: number): string[] => story(DEFAULTS, 10, [[0, messages(value, 10)]]);
    expect(at10(109)).toEqual(['10 metric']);
    expect(at10(110)).toEqual(['10 metric']);
    expect(at10(111)).toEqual(['12 metric']);
    expect(at10(90)).toEqual(['10 metric']);
    // Nine are asked for; that the tenth goes is a matter of the window.
    expect(at10(89)).toEqual(['10 stabilized']);
  });

  test('tolerances of the manifest hold for their direction', () => {
    const rules = {
      ...DEFAULTS,
      behaviour: { up: { ...DEFAULT_UP, tolerance: 0.5 }, down: { ...DEFAULT_DOWN, windowMs: 0, tolerance: 0 } },
    };
    expect(story(rules, 10, [[0, messages(150, 10)]])).toEqual(['10 metric']);
    expect(story(rules, 10, [[0, messages(99, 10)]])).toEqual(['10 metric']);
    expect(story(rules, 10, [[0, messages(90, 10)]])).toEqual(['9 metric']);
  });

  test('the metric type Value compares the value itself and reckons with who serves', () => {
    const look = (value: number, ready: number): number =>
      decideReplicas(DEFAULTS, NO_PAST, { nowMs: 0, replicas: 4, ready, metrics: [messages(value, 10, 'Value')] })
        .replicas;
    expect(look(10, 4)).toBe(4);
    expect(look(20, 4)).toBe(8);
    expect(look(20, 3)).toBe(6);
  });

  test('of several triggers the one counts that asks for most', () => {
    expect(story(B4, 1, [[0, messages(3), messages(6), messages(1)]])).toEqual(['6 metric']);
  });
});

describe('how fast', () => {
  test('by Kubernetes’ own policies four more or twice as many in 15 s', () => {
    const many = messages(1000);
    expect(
      story(DEFAULTS, 1, [
        [0, many],
        [5, many],
        [15, many],
        [30, many],
        [45, many],
        [60, many],
      ]),
    ).toEqual(['5 rate', '5 rate', '10 rate', '20 rate', '40 rate', '80 rate']);
  });

  test('without a behaviour twice as many at each look, four at least', () => {
    const many = messages(1000);
    expect(
      story(LEGACY, 1, [
        [0, many],
        [15, many],
        [30, many],
      ]),
    ).toEqual(['4 rate', '8 rate', '16 rate']);
  });

  test('policies: Min takes the one that allows least, Disabled none', () => {
    const down = (select: 'Max' | 'Min' | 'Disabled'): HpaRules => ({
      ...DEFAULTS,
      behaviour: {
        up: DEFAULT_UP,
        down: {
          ...{ windowMs: 0, select, tolerance: 0.1 },
          policies: [
            { type: 'Pods', value: 1, periodMs: 60_000 },
            { type: 'Percent', value: 50, periodMs: 60_000 },
          ],
        },
      },
    });
    const none = messages(0);
    const looks = [
      [0, none],
      [15, none],
      [60, none],
    ] as const;
    expect(story(down('Min'), 20, looks)).toEqual(['19 rate', '19 rate', '18 rate']);
    expect(story(down('Max'), 20, looks)).toEqual(['10 rate', '10 rate', '5 rate']);
    expect(story(down('Disabled'), 20, looks)).toEqual(['20 disabled', '20 disabled', '20 disabled']);
  });
});

describe('how long', () => {
  test('B4: 200 messages are ten replicas at once, and one again 30 s after the queue is empty', () => {
    expect(
      story(B4, 1, [
        [0, messages(0)],
        [15, messages(200)],
        [30, messages(120)],
        [45, messages(40)],
        [60, messages(0)],
        [74, messages(0)],
        [75, messages(0)],
      ]),
    ).toEqual(['1 min', '10 max', '10 max', '10 max', '10 stabilized', '10 stabilized', '1 min']);
  });

  test('without a word of the manifest fewer only after five minutes', () => {
    expect(
      story(DEFAULTS, 8, [
        [0, messages(0)],
        [299, messages(0)],
        [301, messages(0)],
      ]),
    ).toEqual(['8 stabilized', '8 stabilized', '1 min']);
  });

  test('a window upwards waits for the need to last', () => {
    const rules = { ...DEFAULTS, behaviour: { up: { ...DEFAULT_UP, windowMs: 20_000 }, down: DEFAULT_DOWN } };
    expect(
      story(rules, 2, [
        [0, messages(2)],
        [10, messages(6)],
        [21, messages(6)],
      ]),
    ).toEqual(['2 metric', '2 stabilized', '6 metric']);
  });
});

describe('what cannot be reckoned', () => {
  test('a source that is away changes nothing; another may raise, not lower', () => {
    expect(story(B4, 5, [[0, gone]])).toEqual(['5 no-metric']);
    expect(story(B4, 5, [[0, gone, messages(8)]])).toEqual(['8 metric']);
    expect(story(B4, 5, [[60, gone, messages(0)]])).toEqual(['5 no-metric']);
  });

  test('at zero it rests; beyond its bounds it comes back', () => {
    expect(story(B4, 0, [[0, messages(9)]])).toEqual(['0 at-zero']);
    expect(story(B4, 30, [[0, gone]])).toEqual(['10 above-max']);
    expect(story({ ...B4, min: 3 }, 2, [[0, gone]])).toEqual(['3 below-min']);
  });

  test('numbers that are none count as nothing', () => {
    expect([NaN, Infinity, -Infinity, -1, 0.0004, 1.23456].map(metricNumber)).toEqual([0, 0, 0, 0, 0, 1.235]);
  });

  test('says in words what it went by', () => {
    const { reason } = decideReplicas(B4, NO_PAST, { nowMs: 0, replicas: 1, ready: 1, metrics: [messages(200)] });
    expect(reason).toBe("200 messages in queue 'q', 1 each: 200 asked for; no more than maxReplicaCount 10");
  });
});
