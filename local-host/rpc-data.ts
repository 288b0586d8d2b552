/**
 * The data forms that the Functions worker protocol knows (`RpcTypedData` of azure-functions-language-worker-protobuf),
 * as `@azure/functions` expects them in `inputData` and `triggerMetadata` and returns them in `outputData`.
 * A `string` is JSON-parsed by the library when it parses; a `json` always is.
 */
export type RpcData =
  | { string: string }
  | { json: string }
  | { bytes: Uint8Array }
  | { stream: Uint8Array }
  | { http: RpcHttp }
  | { int: number | string }
  | { double: number }
  | { collectionString: { string: string[] } }
  | { collectionBytes: { bytes: Uint8Array[] } }
  | { collectionDouble: { double: number[] } }
  | { collectionSint64: { sint64: (number | string)[] } }
  | { modelBindingData: { version: string; source: string; contentType: string; content: Uint8Array } }
  | Record<string, never>;

/** Requests and responses of the non-streaming HTTP path; the fields that matter to the host. */
export type RpcHttp = Readonly<Record<string, unknown>>;
