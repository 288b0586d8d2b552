/** Answers of the management API, in the form that the real host gives them. */
import type { HostHttpResponse } from '../../worker-protocol';

export const CONTENT_TYPE = 'application/json; charset=utf-8';

export function json(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}): HostHttpResponse {
  return { status, headers: { 'content-type': CONTENT_TYPE, ...headers }, body: JSON.stringify(body) };
}

export function empty(status: number, headers?: Readonly<Record<string, string>>): HostHttpResponse {
  return headers ? { status, headers, body: '' } : { status, body: '' };
}

/** A failure that the real host reports with the .NET exception behind it. */
export function failure(
  status: number,
  message: string,
  exceptionMessage: string,
  exceptionType: string,
): HostHttpResponse {
  return json(status, {
    Message: message,
    ExceptionMessage: exceptionMessage,
    ExceptionType: exceptionType,
    StackTrace: '   at the local host',
  });
}

export const badArgument = (text: string): HostHttpResponse =>
  failure(400, 'One or more of the arguments submitted is incorrect', text, 'System.ArgumentException');

export const internalError = (text: string, type: string): HostHttpResponse =>
  failure(500, 'Something went wrong while processing your request', text, type);

export const invalidJson = (text: string): HostHttpResponse =>
  failure(400, 'Invalid JSON content', text, 'Newtonsoft.Json.JsonReaderException');
