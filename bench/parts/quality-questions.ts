/** Questions that somebody could have, in words of their own, and a phrase of the passage that answers each. */
export interface QualityQuestion {
  readonly asked: string;
  readonly file: string;
  /** Stands once in the file, white space aside. Absent: any passage of the file will do. */
  readonly answer?: string;
}

const readme = 'README.md';
const architecture = 'ARCHITECTURE.md';
const adr = (name: string): string => `docs/adr/${name}.md`;

export const questions: readonly QualityQuestion[] = [
  { asked: 'Which version of the runtime do I have to install?', file: readme, answer: 'With a Node older than 22.15' },
  {
    asked: 'How can I send a very big video that got interrupted?',
    file: readme,
    answer: 'a run that was killed goes on where it was',
  },
  { asked: 'Where is the state stored on my laptop?', file: readme, answer: 'State lies in `.sluice`' },
  {
    asked: 'How often is a failed move attempted again?',
    file: readme,
    answer: 'is tried three times more, 1, 2 and 4 s apart',
  },
  {
    asked: 'Can I resend all broken orders of one tenant?',
    file: readme,
    answer: 'replays all that match, 50 a second',
  },
  {
    asked: 'What happens to a document when I delete its blob?',
    file: readme,
    answer: 'takes its document along within five minutes',
  },
  {
    asked: 'Are passwords inside uploaded texts detected?',
    file: readme,
    answer: 'holds a key or token that is known by its form',
  },
  {
    asked: 'How do I switch to vectors in a cloud database?',
    file: readme,
    answer: '`COSMOS_ENDPOINT=https://NAME.documents.azure.com:443/`',
  },
  {
    asked: 'When is a file on the network drive considered finished?',
    file: readme,
    answer: 'is taken once it is finished (older than 5 s',
  },
  {
    asked: 'How can I limit the bandwidth of transfers?',
    file: readme,
    answer: '`APP_AZURE_MAX_BYTES_PER_S=12500000`',
  },
  {
    asked: 'What does the program do while storage is down or rejects requests?',
    file: readme,
    answer: 'While storage does not answer or refuses all',
  },
  {
    asked: 'Can tests run with a simulated clock?',
    file: readme,
    answer: 'In tests of your app, on virtual time if you like',
  },
  { asked: 'Why may an activity not import another layer?', file: architecture, answer: 'The table is enforced by' },
  {
    asked: 'How is an older upload kept from overwriting a newer one?',
    file: architecture,
    answer: 'an older version never replaces a newer one',
  },
  {
    asked: 'How are events of the same order kept in sequence?',
    file: architecture,
    answer: 'events of one order are looked at one after the other',
  },
  {
    asked: 'What happens when a network file system call hangs?',
    file: architecture,
    answer: 'costs its process: it takes no more calls',
  },
  {
    asked: 'In which order are the parts of a dead letter written?',
    file: architecture,
    answer: 'written in that order. A replay sends the message first',
  },
  { asked: 'Why do the host and the application run separately?', file: adr('0001-host-and-app-are-two-processes') },
  { asked: 'Why SQLite for durable orchestration state?', file: adr('0002-durable-state-in-one-sqlite-file') },
  { asked: 'Why are instance ids not enough to avoid duplicates?', file: adr('0004-inbox-over-instance-ids') },
  { asked: 'Why hash several files at the same time?', file: adr('0008-files-are-hashed-side-by-side') },
  {
    asked: 'How is a listing of a million blobs handled?',
    file: adr('0009-ledger-of-published-blobs'),
    answer: 'A million blobs are a thousand digests',
  },
  {
    asked: 'What becomes of events that are older than the retention?',
    file: adr('0012-orders-older-than-the-ledger'),
    answer: 'becomes a dead letter `ORDER_TOO_OLD`',
  },
  {
    asked: 'How does search avoid showing half of a new version?',
    file: adr('0013-where-documents-and-vectors-lie'),
    answer: 'is the switch, on both sides',
  },
  {
    asked: 'How do I add a new environment variable to the code?',
    file: 'CONTRIBUTING.md',
    answer: '**A setting.** Add it to',
  },
  { asked: 'May tests wait with a fixed delay?', file: 'CONTRIBUTING.md', answer: 'A test never sleeps' },
  { asked: 'Which permissions does the identity of the app get?', file: 'docs/deployment.md', answer: '## Roles' },
  {
    asked: 'The request was larger than allowed, what can I do?',
    file: 'docs/errors.md',
    answer: '### `BODY_TOO_LARGE`',
  },
  { asked: 'The index was built by a different model', file: 'docs/errors.md', answer: '### `INDEX_MODEL_MIXED`' },
  {
    asked: 'How long are finished things kept before they are purged?',
    file: 'docs/settings.md',
    answer: '## `RETENTION_DAYS_ORDERS`',
  },
];
