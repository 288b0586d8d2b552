import type { TransferFile, TransferOutcome } from '../domain/share/transfer';

/** What this process knows of its own transfers: bounds them, and shows them to `/v1/status`. Nothing of it survives a restart. */
export interface FlightLog {
  /** Waits for one of the few places in transfer, then notes the transfer. */
  board(instanceId: string, files: readonly TransferFile[]): Promise<Flight>;
}

export interface Flight {
  /** Which step the files are in, and bytes sent of one of them. */
  phase(name: 'staging' | 'uploading' | 'cleaning'): void;
  sent(path: string, bytes: number): void;
  /** Gives the place up. Without outcomes the files are left to the next recovery. */
  land(outcomes?: readonly TransferOutcome[]): void;
}
