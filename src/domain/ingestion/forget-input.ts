import { instanceId } from '../instance-id';
import type { Standing } from './index-work';

export const FORGET_DOCUMENT = 'forget_document';

/** The document as it stood when it was decided to forget it. */
export interface ForgetInput extends Standing {
  readonly key: { readonly projectId: string; readonly documentId: string };
  /** Of its record, where that was done and the chunks are left. */
  readonly outcome?: ForgetOutput['outcome'];
}

/** `changed`: another one stands there by now, and stays. */
export interface ForgetOutput {
  readonly outcome: 'removed' | 'changed';
  readonly chunks: number;
}

/** Of this record and no later one. */
export function forgetInstanceId({ key, tag, version }: ForgetInput): string {
  return instanceId('ingestion-forget', key.projectId, key.documentId, version, tag);
}
