import type { FunctionDefinition } from '../../../../local-host/function-definition';
import type { RpcData } from '../../../../local-host/rpc-data';
import type { InvocationOutcome, NamedData } from '../../../../local-host/worker-protocol';

export interface ThreadRequest {
  readonly id: number;
  readonly name: string;
  readonly triggerName: string;
  readonly input: RpcData;
  readonly triggerMetadata: Readonly<Record<string, RpcData>>;
  readonly extraInputs: readonly NamedData[];
}

export interface ThreadReply {
  readonly id: number;
  readonly outcome: InvocationOutcome;
}

export interface ThreadReady {
  readonly functions: readonly FunctionDefinition[];
}
