import { createServer } from 'node:net';
import { METRICS_PORTS, serveMetrics, type MetricsServer } from '../../../../src/telemetry/metrics-server';
import { freePorts } from '../../../drivers/free-ports';

describe('the metrics of an instance', () => {
  const servers: MetricsServer[] = [];
  const told: string[][] = [];
  const serve = (name: string, port: number): Promise<number> => {
    const messages: string[] = [];
    told.push(messages);
    const server = serveMetrics(
      (_request, response) => response.end(name),
      port,
      (message) => messages.push(message),
    );
    servers.push(server);
    return server.port;
  };
  afterEach(async () => {
    await Promise.all(servers.splice(0).map((server) => server.close()));
    told.splice(0);
  });
  const read = async (port: number, path = '/metrics'): Promise<string | number> => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`);
    return answer.ok ? answer.text() : answer.status;
  };

  it('have a port of their own, whoever starts at the same time, and its log says which', async () => {
    const [port = 0] = await freePorts(1);
    const names = ['one', 'two', 'three', 'four'];
    const ports = await Promise.all(names.map((name) => serve(name, port)));
    expect(new Set(ports).size).toBe(names.length);
    expect(Math.min(...ports)).toBe(port);
    expect(await Promise.all(ports.map((at) => read(at)))).toEqual(names);
    expect(await read(port, '/')).toBe(404);
    for (const [at, messages] of told.entries())
      expect(messages).toEqual(
        ports[at] === port ? [] : [expect.stringContaining(`on port ${ports[at]}: METRICS_PORT ${port} is taken`)],
      );
  });

  it('are served by nobody where no port is left, which is told with what to do', async () => {
    const last = 65_535;
    const holder = createServer();
    await new Promise<void>((resolve) => {
      holder.once('error', () => resolve());
      holder.listen(last, resolve);
    });
    expect(await serve('none', last)).toBe(0);
    expect(told).toEqual([[expect.stringContaining(`${last} to ${last} of METRICS_PORT are all taken`)]]);
    if (holder.listening) await new Promise((resolve) => holder.close(resolve));
  });

  it('leave their port when they end', async () => {
    const [port = 0] = await freePorts(1);
    expect(await serve('first', port)).toBe(port);
    await servers.splice(0)[0]!.close();
    expect(await serve('second', port)).toBe(port);
    expect(METRICS_PORTS).toBeGreaterThan(10);
  });
});
