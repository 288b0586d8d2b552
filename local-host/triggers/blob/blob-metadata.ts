import type { BlobGetPropertiesResponse } from '@azure/storage-blob';
import type { RpcData } from '../../rpc-data';
import { dotnetTime } from '../../storage/dotnet-time';

/** The metadata of a blob trigger as recorded from the real host, and the path's parameters. */
export function blobMetadata(
  path: string,
  uri: string,
  found: BlobGetPropertiesResponse,
  parameters: Readonly<Record<string, string>>,
): Record<string, RpcData> {
  return {
    BlobTrigger: { string: path },
    Uri: { json: JSON.stringify(uri) },
    Properties: { json: JSON.stringify(propertiesOf(found)) },
    Metadata: { json: JSON.stringify(found.metadata ?? {}) },
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [name, { string: value }])),
  };
}

/** The properties object of the .NET storage SDK that the recorded host serializes; null where there is nothing to say. */
function propertiesOf(found: BlobGetPropertiesResponse): Record<string, unknown> {
  const time = (at: Date | undefined): string | null => (at === undefined ? null : dotnetTime(at));
  return {
    AppendBlobCommittedBlockCount: found.blobCommittedBlockCount ?? null,
    BlobTierInferred: found.accessTierInferred ?? null,
    BlobTierLastModifiedTime: time(found.accessTierChangedOn),
    BlobType: found.blobType ?? null,
    CacheControl: found.cacheControl ?? null,
    ContentDisposition: found.contentDisposition ?? null,
    ContentEncoding: found.contentEncoding ?? null,
    ContentLanguage: found.contentLanguage ?? null,
    ContentMD5: found.contentMD5 === undefined ? null : Buffer.from(found.contentMD5).toString('base64'),
    ContentType: found.contentType ?? null,
    Created: time(found.createdOn),
    DeletedTime: null,
    ETag: found.etag ?? null,
    IsIncrementalCopy: found.isIncrementalCopy ?? false,
    IsServerEncrypted: found.isServerEncrypted ?? false,
    LastModified: time(found.lastModified),
    LeaseDuration: found.leaseDuration ?? null,
    LeaseState: found.leaseState ?? null,
    LeaseStatus: found.leaseStatus ?? null,
    Length: found.contentLength ?? 0,
    PageBlobSequenceNumber: found.blobSequenceNumber ?? null,
    PremiumPageBlobTier: null,
    RehydrationStatus: found.archiveStatus ?? null,
    RemainingDaysBeforePermanentDelete: null,
    StandardBlobTier: found.accessTier ?? null,
  };
}
