/**
 * Event subscriptions as Azure's resource `Microsoft.EventGrid/systemTopics/eventSubscriptions` writes them, read from a JSON
 * file: an array of `{ name, connection?, topic?, properties }`. `%NAME%` in any text stands for an app setting.
 */
import { HostStartError } from '../plugin';
import { resolveSettings, type HostSettings } from '../settings/host-settings';

export interface EventSubscription {
  /** Unique; what was delivered is remembered under it. */
  readonly name: string;
  /** Connection setting of the storage account, both of the blobs and of the queue. Default `AzureWebJobsStorage`. */
  readonly connection: string | undefined;
  /** Resource id of the account, for the event's `topic`. Made up from the account's name when absent. */
  readonly topic: string | undefined;
  /** Watched container, from `subjectBeginsWith`. */
  readonly container: string;
  /** Beginning of the blob names, from `subjectBeginsWith`; empty for all. */
  readonly blobPrefix: string;
  /** End of the subject; empty for all. */
  readonly subjectEndsWith: string;
  /** Default false, as in Azure. */
  readonly caseSensitive: boolean;
  /** False when `includedEventTypes` leaves out BlobCreated. */
  readonly wantsCreated: boolean;
  readonly queue: string;
  /** Default: what the queue service gives, 7 days. -1 for ever. */
  readonly timeToLiveSeconds: number | undefined;
  readonly schema: 'EventGridSchema' | 'CloudEventSchemaV1_0';
}

export const BLOB_CREATED = 'Microsoft.Storage.BlobCreated';
const SUBJECT = /^\/blobServices\/default\/containers\/([^/]+)(?:\/(?:blobs\/(.*))?)?$/s;

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads the file's text.
 * @throws HostStartError that names the subscription, the field and what it accepts.
 */
export function parseSubscriptions(text: string, file: string, settings: HostSettings): EventSubscription[] {
  const refuse = (why: string): never => {
    throw new HostStartError(`Event subscriptions in ${file}: ${why}`);
  };
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (error) {
    return refuse(`not JSON (${(error as Error).message}).`);
  }
  if (!Array.isArray(root)) return refuse('the file must hold an array of subscriptions.');
  const names = new Set<string>();
  return root.map((entry: unknown, index) => {
    const read = new Reader(entry, `[${index}]`, settings, refuse);
    const subscription = readSubscription(read, refuse);
    if (names.has(subscription.name)) refuse(`two subscriptions are named '${subscription.name}'.`);
    names.add(subscription.name);
    return subscription;
  });
}

function readSubscription(root: Reader, refuse: (why: string) => never): EventSubscription {
  const properties = root.object('properties');
  const filter = properties.object('filter');
  const destination = properties.object('destination');
  const target = destination.object('properties');
  destination.oneOf('endpointType', ['StorageQueue']);
  const begins = filter.text('subjectBeginsWith') ?? '';
  const [, container, blobPrefix] = SUBJECT.exec(begins) ?? [];
  if (container === undefined) {
    return refuse(
      `${filter.path}.subjectBeginsWith is '${begins}'; it must name a container: /blobServices/default/containers/<name>/blobs/<beginning of the blob names>`,
    );
  }
  if (filter.has('advancedFilters')) refuse(`${filter.path}.advancedFilters is not supported here; filter by subject.`);
  const types = filter.texts('includedEventTypes');
  return {
    name: root.requiredText('name'),
    connection: root.text('connection'),
    topic: root.text('topic'),
    container,
    blobPrefix: blobPrefix ?? '',
    subjectEndsWith: filter.text('subjectEndsWith') ?? '',
    caseSensitive: filter.flag('isSubjectCaseSensitive'),
    wantsCreated: types === undefined || types.some((type) => type.toLowerCase() === BLOB_CREATED.toLowerCase()),
    queue: target.requiredText('queueName'),
    timeToLiveSeconds: target.integer('queueMessageTimeToLiveInSeconds'),
    schema: properties.oneOf('eventDeliverySchema', ['EventGridSchema', 'CloudEventSchemaV1_0']),
  };
}

/** Whether an event of this blob belongs to the subscription. */
export function matches(subscription: EventSubscription, blob: string): boolean {
  const fold = (text: string): string => (subscription.caseSensitive ? text : text.toLowerCase());
  return (
    subscription.wantsCreated &&
    fold(blob).startsWith(fold(subscription.blobPrefix)) &&
    fold(subjectOf(subscription.container, blob)).endsWith(fold(subscription.subjectEndsWith))
  );
}

export function subjectOf(container: string, blob: string): string {
  return `/blobServices/default/containers/${container}/blobs/${blob}`;
}

/** Typed access to one object of the file; complaints carry the path. */
class Reader {
  readonly #values: Json;

  constructor(
    value: unknown,
    readonly path: string,
    private readonly settings: HostSettings,
    private readonly refuse: (why: string) => never,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) this.refuse(`${path} must be an object.`);
    this.#values = value as Json;
  }

  has(key: string): boolean {
    return this.#values[key] !== undefined && this.#values[key] !== null;
  }

  object(key: string): Reader {
    return new Reader(this.#values[key], `${this.path}.${key}`, this.settings, this.refuse);
  }

  text(key: string): string | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    return typeof value === 'string' ? this.#resolved(key, value) : this.refuse(`${this.path}.${key} must be a text.`);
  }

  requiredText(key: string): string {
    const value = this.text(key);
    return value === undefined || value === '' ? this.refuse(`${this.path}.${key} is missing.`) : value;
  }

  texts(key: string): string[] | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    if (Array.isArray(value) && value.every((one) => typeof one === 'string')) return value;
    return this.refuse(`${this.path}.${key} must be an array of texts.`);
  }

  flag(key: string): boolean {
    const value = this.#values[key] ?? false;
    return typeof value === 'boolean' ? value : this.refuse(`${this.path}.${key} must be true or false.`);
  }

  integer(key: string): number | undefined {
    if (!this.has(key)) return undefined;
    const value = this.#values[key];
    return Number.isInteger(value) ? (value as number) : this.refuse(`${this.path}.${key} must be a whole number.`);
  }

  /** The first is the default, except where the field decides what the subscription is at all. */
  oneOf<const T extends string>(key: string, accepted: readonly [T, ...T[]]): T {
    const value = this.text(key) ?? accepted[0];
    const found = accepted.find((one) => one.toLowerCase() === value.toLowerCase());
    return found ?? this.refuse(`${this.path}.${key} is '${value}'; accepted: ${accepted.join(', ')}.`);
  }

  #resolved(key: string, value: string): string {
    try {
      return resolveSettings(this.settings, value);
    } catch (error) {
      return this.refuse(`${this.path}.${key}: ${(error as Error).message}`);
    }
  }
}
