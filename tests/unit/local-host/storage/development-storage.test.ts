import { developmentConnectionString } from '../../../../local-host/storage/development-account';
import { developmentPorts } from '../../../../local-host/storage/development-storage';

const USUAL = { blob: 10_000, queue: 10_001, table: 10_002 };
const account = 'AccountName=devstoreaccount1;AccountKey=x';

describe('development storage', () => {
  test.each([
    ['UseDevelopmentStorage=true', USUAL],
    [' usedevelopmentstorage = TRUE ; ', USUAL],
    [developmentConnectionString({ blob: 1, queue: 5, table: 9 }), { blob: 1, queue: 5, table: 9 }],
    [`${account};BlobEndpoint=http://localhost:7/devstoreaccount1`, { blob: 7, queue: 8, table: 9 }],
  ])('is meant by %s', (connection, ports) => {
    expect(developmentPorts(connection)).toEqual(ports);
  });

  test.each([
    [undefined],
    [''],
    ['UseDevelopmentStorage=false'],
    ['UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://10.0.0.1'],
    [account],
    [`${account};BlobEndpoint=http://azurite:10000/devstoreaccount1`],
    [`${account};BlobEndpoint=https://127.0.0.1:10000/devstoreaccount1`],
    [`${account};BlobEndpoint=http://127.0.0.1:10000/d;QueueEndpoint=http://elsewhere:1/d`],
    [`${account};BlobEndpoint=nonsense`],
    ['DefaultEndpointsProtocol=https;AccountName=mine;AccountKey=x;EndpointSuffix=core.windows.net'],
    ['AccountName=mine;AccountKey=x;BlobEndpoint=http://127.0.0.1:10000/mine'],
  ])('is not meant by %s', (connection) => {
    expect(developmentPorts(connection)).toBeUndefined();
  });
});
