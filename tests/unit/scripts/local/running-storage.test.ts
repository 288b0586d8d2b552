import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { processStartTime } from '../../../../local-host/process-state';
import { writeDescriptor } from '../../../../local-host/storage/azurite-descriptor';
import { withRunningStorage } from '../../../../scripts/local/running-storage';

const home = mkdtempSync(path.join(os.tmpdir(), 'sluice-home-'));
const location = path.join(home, 'azurite');
mkdirSync(location);
afterAll(() => rmSync(home, { recursive: true, force: true }));

const development = { AzureWebJobsStorage: 'UseDevelopmentStorage=true', OTHER: 'x' };
const ports = { blob: 11_000, queue: 11_001, table: 11_002 };
const note = (startTime: string | undefined) =>
  writeDescriptor(location, { pid: process.pid, startTime, ports, accessLog: '/log' });

it('leaves everything as it is where nothing runs, or another program has the number of the process', () => {
  expect(withRunningStorage(development, home)).toEqual(development);
  note('another');
  expect(withRunningStorage(development, home)).toEqual(development);
});

it('names the ports of the storage that runs, or those that are asked for', () => {
  note(processStartTime(process.pid));
  const found = withRunningStorage(development, home);
  expect(found['AzureWebJobsStorage']).toContain('QueueEndpoint=http://127.0.0.1:11001/devstoreaccount1');
  expect(found['OTHER']).toBe('x');
  expect(withRunningStorage(development, home, 12_000)['AzureWebJobsStorage']).toContain(':12001/');
});

it('leaves a storage account alone', () => {
  const account = { AzureWebJobsStorage: 'AccountName=a;AccountKey=b' };
  expect(withRunningStorage(account, home, 12_000)).toEqual(account);
});
