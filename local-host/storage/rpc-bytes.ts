import type { RpcData } from '../rpc-data';

/**
 * What the real host writes for a returned value, where the target holds bytes: text as UTF-8, JSON as it is, integers as
 * four bytes and other numbers as eight, least significant first. Undefined for no value.
 */
export function bytesOf(data: RpcData): Uint8Array | undefined {
  if ('string' in data) return Buffer.from(data.string, 'utf8');
  if ('json' in data) return Buffer.from(data.json, 'utf8');
  if ('bytes' in data) return data.bytes;
  if ('stream' in data) return data.stream;
  if ('int' in data) return numberBytes(Number(data.int));
  return 'double' in data ? doubleBytes(data.double) : undefined;
}

function numberBytes(value: number): Uint8Array {
  const fits = Number.isInteger(value) && value >= -(2 ** 31) && value < 2 ** 31;
  const bytes = Buffer.alloc(fits ? 4 : 8);
  if (fits) bytes.writeInt32LE(value);
  else bytes.writeBigInt64LE(BigInt(Math.trunc(value)));
  return bytes;
}

function doubleBytes(value: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return bytes;
}
