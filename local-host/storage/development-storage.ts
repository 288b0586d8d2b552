/** Reads from a connection string whether it means an emulator on this machine, and where that has to listen. Pure. */
import type { AzuritePorts } from './azurite-descriptor';
import { DEVELOPMENT_ACCOUNT } from './development-account';

const USUAL: AzuritePorts = { blob: 10_000, queue: 10_001, table: 10_002 };
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/**
 * The ports of the emulator that a connection string asks for: `UseDevelopmentStorage=true`, or the public development
 * account with addresses of this machine. A service without an address follows the blob port, as Azurite's do. Undefined for
 * every other storage, and for an emulator on another machine.
 */
export function developmentPorts(connection: string | undefined): AzuritePorts | undefined {
  const parts = partsOf(connection ?? '');
  if (parts.get('usedevelopmentstorage')?.toLowerCase() === 'true')
    return parts.has('developmentstorageproxyuri') ? undefined : USUAL;
  if (parts.get('accountname')?.toLowerCase() !== DEVELOPMENT_ACCOUNT) return undefined;
  const given = {
    blob: parts.get('blobendpoint'),
    queue: parts.get('queueendpoint'),
    table: parts.get('tableendpoint'),
  };
  const ports = { blob: portOf(given.blob), queue: portOf(given.queue), table: portOf(given.table) };
  const elsewhere = (['blob', 'queue', 'table'] as const).some(
    (service) => given[service] !== undefined && ports[service] === undefined,
  );
  if (elsewhere || ports.blob === undefined) return undefined;
  return { blob: ports.blob, queue: ports.queue ?? ports.blob + 1, table: ports.table ?? ports.blob + 2 };
}

function partsOf(connection: string): ReadonlyMap<string, string> {
  return new Map(
    connection.split(';').map((part) => {
      const equals = part.indexOf('=');
      return [part.slice(0, Math.max(0, equals)).trim().toLowerCase(), part.slice(equals + 1).trim()];
    }),
  );
}

/** Undefined for an address that is not plain HTTP on this machine: Azurite is started without TLS. */
function portOf(address: string | undefined): number | undefined {
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  return protocol === 'http:' && LOOPBACK.has(hostname) ? Number(port === '' ? 80 : port) : undefined;
}
