/** What the Functions host does with queues that would surprise, said with what to do about it. Pure. */
import type { FunctionDefinition } from '../../function-definition';

export const POISON_SUFFIX = '-poison';
const LONGEST_QUEUE_NAME = 63;

export function queueWarnings({ name, retry }: FunctionDefinition, queue: string, maxDequeueCount: number): string[] {
  const warnings: string[] = [];
  if (!queue.endsWith(POISON_SUFFIX) && queue.length + POISON_SUFFIX.length > LONGEST_QUEUE_NAME)
    warnings.push(
      `'${name}' reads '${queue}', whose name is too long for a poison queue ('${POISON_SUFFIX}' makes it longer than ${LONGEST_QUEUE_NAME} characters): a message that keeps failing is held for ever. Name the queue with ${LONGEST_QUEUE_NAME - POISON_SUFFIX.length} characters or fewer.`,
    );
  if (retry && retry.maxRetryCount !== 0) {
    const runs = retry.maxRetryCount < 0 ? 'without end' : `${(retry.maxRetryCount + 1) * maxDequeueCount} times`;
    warnings.push(
      `'${name}' has a retry policy and a queue trigger, which tries again by itself: a message that keeps failing runs ${runs} (policy × maxDequeueCount ${maxDequeueCount}). Remove the policy, or set maxDequeueCount to 1 in host.json.`,
    );
  }
  return warnings;
}

/** Said when a function fails on a message of a poison queue: a function that catches its errors never gets there. */
export function poisonQueueWarning({ name }: FunctionDefinition, queue: string): string | undefined {
  if (!queue.endsWith(POISON_SUFFIX)) return undefined;
  return `'${name}' failed on a message of '${queue}', a poison queue: it is tried again for ever, as on the Functions host. Catch errors in the handler, or copy such messages elsewhere.`;
}

const OWN_FIELDS = new Set(
  ['queueTrigger', 'dequeueCount', 'expirationTime', 'id', 'insertionTime', 'nextVisibleTime', 'popReceipt'].map(
    (name) => name.toLowerCase(),
  ),
);

/** The fields of a JSON message that stand in the place of the message's own in the trigger's metadata. */
export function overriddenFields(text: string): string[] {
  if (!/^\s*\{/.test(text)) return [];
  try {
    return Object.entries(JSON.parse(text) as Record<string, unknown>)
      .filter(([name, value]) => OWN_FIELDS.has(name.toLowerCase()) && !Array.isArray(value))
      .map(([name]) => `'${name}'`);
  } catch {
    return [];
  }
}
