import { errorDefinition, type ProblemCode } from './error-codes';

/** Problem details (RFC 9457) with our stable `code`; further members carry what the reader needs to act. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  /** What was found and what to do about it. */
  readonly detail: string;
  readonly [member: string]: unknown;
}

/** `detail` names the cause and the remedy; `type` points at the code's entry in docs/errors.md. */
export function problem(code: ProblemCode, detail: string, members: Readonly<Record<string, unknown>> = {}): Problem {
  const { title, status = 500 } = errorDefinition(code);
  return { ...members, type: `urn:sluice:error:${code}`, title, status, code, detail };
}
