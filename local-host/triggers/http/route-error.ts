/** A route template that the host cannot use; the message is the real host's. */
export class RouteError extends Error {
  override readonly name = 'RouteError';
}
