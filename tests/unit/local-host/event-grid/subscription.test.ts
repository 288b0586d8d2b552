import { HostStartError } from '../../../../local-host/plugin';
import { matches, parseSubscriptions, type EventSubscription } from '../../../../local-host/event-grid/subscription';
import { hostContext } from '../host-context';

const { settings } = hostContext({ RAW: 'rawfiles' });
const valid = {
  name: 's',
  properties: {
    filter: { subjectBeginsWith: '/blobServices/default/containers/%RAW%/blobs/in/' } as Record<string, unknown>,
    destination: { endpointType: 'StorageQueue', properties: { queueName: 'jobs' } },
    eventDeliverySchema: 'EventGridSchema',
  },
};
const parse = (...subscriptions: unknown[]): EventSubscription[] =>
  parseSubscriptions(JSON.stringify(subscriptions), 'events.json', settings);
const withFilter = (filter: object) => ({
  ...valid,
  properties: { ...valid.properties, filter: { ...valid.properties.filter, ...filter } },
});
const only = (subscription: unknown): EventSubscription => {
  const [first] = parse(subscription);
  if (!first) throw new Error('nothing parsed');
  return first;
};

describe('an event subscription', () => {
  test("is read from the shape of Azure's, with app settings filled in", () => {
    expect(only(valid)).toEqual({
      name: 's',
      connection: undefined,
      topic: undefined,
      container: 'rawfiles',
      blobPrefix: 'in/',
      subjectEndsWith: '',
      caseSensitive: false,
      wantsCreated: true,
      queue: 'jobs',
      timeToLiveSeconds: undefined,
      schema: 'EventGridSchema',
    });
  });

  test('matches by beginning and end, without case unless told', () => {
    const loose = only(withFilter({ subjectEndsWith: '.PNG' }));
    expect(['in/a.png', 'IN/A.PNG', 'in/a.txt', 'out/a.png'].map((blob) => matches(loose, blob))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    const strict = only(withFilter({ subjectEndsWith: '.PNG', isSubjectCaseSensitive: true }));
    expect(['in/a.png', 'in/a.PNG'].map((blob) => matches(strict, blob))).toEqual([false, true]);
  });

  test('that leaves out BlobCreated matches nothing', () => {
    expect(matches(only(withFilter({ includedEventTypes: ['Microsoft.Storage.BlobDeleted'] })), 'in/a')).toBe(false);
    expect(matches(only(withFilter({ includedEventTypes: ['microsoft.storage.blobcreated'] })), 'in/a')).toBe(true);
  });

  test.each<[string, unknown, string]>([
    ['no name', { ...valid, name: undefined }, '[0].name is missing.'],
    ['no properties', { name: 's' }, '[0].properties must be an object.'],
    ['no container', withFilter({ subjectBeginsWith: '/blobServices/' }), 'it must name a container'],
    ['a filter it does not know', withFilter({ advancedFilters: [] }), 'advancedFilters is not supported here'],
    [
      'another destination',
      { ...valid, properties: { ...valid.properties, destination: { endpointType: 'WebHook', properties: {} } } },
      "[0].properties.destination.endpointType is 'WebHook'; accepted: StorageQueue.",
    ],
    [
      'another schema',
      { ...valid, properties: { ...valid.properties, eventDeliverySchema: 'Custom' } },
      'accepted: EventGridSchema, CloudEventSchemaV1_0.',
    ],
    ['an unknown setting', { ...valid, connection: '%NOPE%' }, "[0].connection: '%NOPE%' does not resolve to a value."],
  ])('with %s is refused, and the message says where', (_what, subscription, message) => {
    expect(() => parse(subscription)).toThrow(HostStartError);
    expect(() => parse(subscription)).toThrow(message);
  });

  test('must have a name of its own', () => {
    expect(() => parse(valid, valid)).toThrow("two subscriptions are named 's'");
  });

  test('must come in a JSON array', () => {
    expect(() => parseSubscriptions('{', 'events.json', settings)).toThrow('events.json: not JSON');
    expect(() => parseSubscriptions('{}', 'events.json', settings)).toThrow('must hold an array');
  });
});
