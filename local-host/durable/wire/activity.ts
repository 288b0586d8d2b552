/** Input, result and failure of an activity, as the real host hands them over (recorded behaviour `durable.activity.*`). */
import type { Failure } from '../engine/history-event';
import type { RpcData } from '../../rpc-data';
import type { InvocationOutcome, RpcError } from '../../worker-protocol';

/** Null arrives as undefined and booleans as the texts `True` and `False`; everything else as it was. */
export function activityInput(input: string | undefined): RpcData {
  if (input === undefined || input === 'null') return {};
  if (input === 'true') return { string: 'True' };
  if (input === 'false') return { string: 'False' };
  return { string: input };
}

/** JSON text of what an activity returned. */
export function activityResult(outcome: InvocationOutcome): string {
  const data = outcome.returnValue as RpcData | null | undefined;
  if (!data) return 'null';
  if ('string' in data) return JSON.stringify(data.string);
  if ('json' in data && typeof data.json === 'string') return data.json;
  if ('int' in data || 'double' in data) return JSON.stringify('int' in data ? data.int : data.double);
  if ('bytes' in data && data.bytes instanceof Uint8Array)
    return JSON.stringify(Buffer.from(data.bytes).toString('base64'));
  return 'null';
}

export function activityFailure(name: string, error: RpcError): Failure {
  const structured = structuredFailure(error.message);
  const message = structured ? structured.errorMessage : error.message;
  return {
    reason: `Activity function '${name}' failed:  ${message}`,
    details: exceptionJson(message, error.stack),
    ...(structured
      ? {
          structured: {
            ErrorType: structured.errorType,
            ErrorMessage: structured.errorMessage,
            StackTrace: structured.stackTrace ?? null,
            IsNonRetriable: structured.isNonRetriable ?? false,
            Properties: structured.properties,
            InnerFailure: null,
          },
        }
      : {}),
  };
}

/** A .NET exception as the real host serializes it into `Details`; apps that look inside find the same fields. */
export function exceptionJson(message: string, stack: string | undefined, className = 'System.Exception'): string {
  return JSON.stringify({
    $type: `${className}, System.Private.CoreLib`,
    ClassName: className,
    Message: message,
    Data: null,
    InnerException: null,
    HelpURL: null,
    StackTraceString: stack ?? null,
    RemoteStackTraceString: null,
    RemoteStackIndex: 0,
    ExceptionMethod: null,
    HResult: -2146233088,
    Source: 'System.Private.CoreLib',
    WatsonBuckets: null,
  });
}

interface StructuredFailure {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly isNonRetriable?: boolean;
  readonly properties: Record<string, unknown>;
  readonly stackTrace?: string;
}

/** The library replaces an activity's message by this JSON when the app set an exception properties provider. */
function structuredFailure(message: string): StructuredFailure | undefined {
  if (!message.startsWith('{"errorType":')) return undefined;
  try {
    const parsed = JSON.parse(message) as Partial<StructuredFailure>;
    return typeof parsed.errorMessage === 'string' && parsed.properties ? (parsed as StructuredFailure) : undefined;
  } catch {
    return undefined;
  }
}
