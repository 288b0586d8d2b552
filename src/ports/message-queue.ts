export interface MessageQueue {
  /** Resolves once the queue holds the message. */
  send(queue: string, text: string): Promise<void>;
}
