import { spawnSync } from 'node:child_process';
import path from 'node:path';

test('the registry of triggers and bindings loads no client of a broker', () => {
  const registry = path.join(__dirname, '..', '..', '..', '..', 'local-host', 'registry.js');
  const look = `require(${JSON.stringify(registry)}).createRegistry();
    const packages = /node_modules.(amqplib|kafkajs|rhea|@azure.event-hubs|@azure.eventhubs-checkpointstore-blob)./;
    console.log(Object.keys(require.cache).filter((file) => packages.test(file)).length);`;
  const { stdout } = spawnSync(process.execPath, ['-e', look], { encoding: 'utf8' });
  expect(stdout.trim()).toBe('0');
});
