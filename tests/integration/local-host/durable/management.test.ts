import { startDurable, temporaryFolder, type DurableHost } from './durable-host';

/** Resolves when the instance next reports the status; at once when it has it. */
function reaches(host: DurableHost, id: string, status: string): Promise<void> {
  const { events } = host.extension.engine.hub;
  return new Promise((resolve) => {
    const look = (): void => {
      if (host.extension.client.get(id)?.status !== status) return;
      events.off('instance', look);
      resolve();
    };
    events.on('instance', look);
    look();
  });
}

describe('Managing instances', () => {
  let host: DurableHost;
  let failing = true;
  beforeAll(async () => {
    host = await startDurable({
      intercept: async (fn) =>
        fn.name === 'fail' && !failing
          ? { invocationId: '', durationMs: 0, returnValue: { string: 'mended' } }
          : undefined,
    });
  });
  afterAll(() => host.stop());

  it('rewinds a failed instance, keeping what had ended well', async () => {
    const { row } = await host.run('failing', null, 'rewound');
    expect(row.status).toBe('Failed');
    failing = false;
    const before = host.invocations.filter((i) => i.name === 'echo').length;
    expect((await host.call('POST', '/instances/rewound/rewind?reason=mended')).status).toBe(202);
    expect(await host.ended('rewound')).toMatchObject({ status: 'Completed' });
    expect(host.invocations.filter((i) => i.name === 'echo')).toHaveLength(before);
    failing = true;
  });

  it.each(['terminated', 'purged'])(
    'rewinds an instance whose sub-orchestration was %s, which begins anew',
    async (how) => {
      const { client } = host.extension;
      const id = `of-${how}`;
      const child = `${id}-child`;
      await host.start('waitsForChild', null, id);
      await reaches(host, child, 'Running');
      await client.terminate(child, 'enough');
      expect(await host.ended(id)).toMatchObject({ status: 'Failed' });
      if (how === 'purged') await client.purge(child);
      expect(await client.rewind(id, 'once more')).toBe('accepted');
      await reaches(host, child, 'Running');
      for (const n of [1, 2]) await client.raiseEvent(child, 'go', String(n));
      expect(await host.ended(id)).toMatchObject({ status: 'Completed', output: [1, 2] });
    },
  );

  it('says which events are dropped when an instance continues as new', async () => {
    const { client } = host.extension;
    await host.start('collector', null, 'collects');
    // In one commit, so that one turn takes both in.
    await Promise.all([client.raiseEvent('collects', 'go', '1'), client.raiseEvent('collects', 'go', '2')]);
    await new Promise<void>((resolve) => {
      const look = (): void => (client.input('collects') === '[1]' ? resolve() : void setImmediate(look));
      look();
    });
    expect(host.logs.map((l) => l.message)).toContainEqual(
      expect.stringMatching(
        /instance 'collects': 1 raised event\(s\) \('go'\) .* dropped, as in Azure\. Collect events in an entity/,
      ),
    );
    await client.raiseEvent('collects', 'go', '3');
    expect(await host.ended('collects')).toMatchObject({ output: [1, 3] });
  });

  it('purges none when asked for a status that no instance has', async () => {
    await host.run('echoOne', 1, 'stays');
    for (const status of ['Canceled', 'ContinuedAsNew', 'canceled,continuedasnew']) {
      const filter = `createdTimeFrom=2000-01-01&runtimeStatus=${status}`;
      expect(await host.call('GET', `/instances?${filter}`)).toMatchObject({ status: 200, json: [] });
      expect(await host.call('DELETE', `/instances?${filter}`)).toMatchObject({ status: 404 });
    }
    expect(host.extension.client.get('stays')).toBeDefined();
  });

  it('purges none when asked for what is no status, and says so', async () => {
    const answer = await host.call('DELETE', '/instances?createdTimeFrom=2000-01-01&runtimeStatus=Completed,Complete');
    expect(answer.status).toBe(400);
    expect(answer.json).toEqual({
      Message:
        "No instance can have the status 'Complete', and nothing was purged. Statuses are Pending, Running, Suspended, Completed, Failed, Terminated.",
    });
  });

  it('refuses a token for instances or entities that it did not give', async () => {
    for (const path of ['/instances', '/entities'])
      for (const token of ['x', Buffer.from('{"a":1}').toString('base64')])
        expect((await host.call('GET', path, undefined, { 'x-ms-continuation-token': token })).status).toBe(400);
  });

  it('takes a body with a byte order mark', async () => {
    const id = await host.start('waiter');
    expect((await host.call('POST', `/instances/${id}/raiseEvent/go`, '\uFEFF"marked"')).status).toBe(202);
    expect(await host.ended(id)).toMatchObject({ output: 'marked' });
  });

  it.each(['0', '1e3', '0x10', '99999999999999999999'])('refuses top=%s', async (top) => {
    expect((await host.call('GET', `/instances?top=${top}`)).status).toBe(400);
  });

  it('pages through instances by token', async () => {
    for (let i = 0; i < 5; i++) await host.run('echoOne', i, `page-${i}`);
    const ids: string[] = [];
    let token: string | undefined;
    do {
      const page = await host.call(
        'GET',
        '/instances?instanceIdPrefix=page-&top=2',
        undefined,
        token ? { 'x-ms-continuation-token': token } : {},
      );
      ids.push(...(page.json as { instanceId: string }[]).map((i) => i.instanceId));
      token = page.headers?.['x-ms-continuation-token'];
    } while (token);
    expect(ids).toEqual(['page-0', 'page-1', 'page-2', 'page-3', 'page-4']);
  });

  it('restarts under the same id and under a new one', async () => {
    await host.run('echoOne', 'again', 'restarted');
    const same = await host.call('POST', '/instances/restarted/restart?restartWithNewInstanceId=false');
    expect(same.json).toMatchObject({ id: 'restarted' });
    const fresh = await host.call('POST', '/instances/restarted/restart');
    const { id } = fresh.json as { id: string };
    expect(await host.ended(id)).toMatchObject({ output: 'again' });
  });

  it('holds events back while suspended', async () => {
    const id = await host.start('waiter');
    await host.call('POST', `/instances/${id}/suspend?reason=fog`);
    await reaches(host, id, 'Suspended');
    await host.call('POST', `/instances/${id}/raiseEvent/go`, '"held"');
    expect(host.extension.client.get(id)).toMatchObject({ status: 'Suspended', output: '"fog"' });
    await host.call('POST', `/instances/${id}/resume`);
    expect(await host.ended(id)).toMatchObject({ output: 'held' });
  });

  it('terminates, and refuses what comes after', async () => {
    const id = await host.start('waiter');
    await host.call('POST', `/instances/${id}/terminate?reason=storm`);
    expect(await host.ended(id)).toMatchObject({ status: 'Terminated', output: 'storm' });
    expect((await host.call('POST', `/instances/${id}/raiseEvent/go`, 1)).status).toBe(410);
  });

  it('purges by filter only what is over', async () => {
    const waiting = await host.start('waiter', null, 'purge-waiting');
    await host.run('echoOne', 1, 'purge-done');
    const { json } = await host.call(
      'DELETE',
      '/instances?createdTimeFrom=2000-01-01T00:00:00Z&instanceIdPrefix=purge-',
    );
    expect(json).toEqual({ instancesDeleted: 1 });
    expect(host.extension.client.get(waiting)).toBeDefined();
    expect((await host.call('DELETE', '/instances')).status).toBe(400);
  });

  it('warns of an orchestrator that Azure would number differently', async () => {
    await host.run('mixedRetryRace');
    expect(host.logs.map((l) => l.message)).toContainEqual(
      expect.stringMatching(/'mixedRetryRace', instance .*In Azure/),
    );
  });
});

describe('A changed orchestrator', () => {
  it('fails with the event, what was expected, and what came', async () => {
    const folder = temporaryFolder();
    const old = await startDurable({ app: 'changing-app', stateDir: folder.path });
    const id = await old.start('changing');
    await new Promise<void>((resolve) => old.extension.engine.hub.events.once('activity', () => resolve()));
    await old.stop();
    const changed = await startDurable({ app: 'changing-app', stateDir: folder.path, env: { CHANGED: '1' } });
    await changed.extension.client.raiseEvent(id, 'go', '1');
    const { status, output } = await changed.ended(id);
    expect(status).toBe('Failed');
    expect(output).toMatch(
      /event 2 of the history \(id 0\) expects activity 'echo', but the code asked for activity 'other'/,
    );
    await changed.stop();
    folder.remove();
  });
});

describe('A worker that ends', () => {
  it('has its work run again', async () => {
    let lost = 0;
    const host = await startDurable({
      intercept: async (fn) =>
        fn.name === 'echo' && lost++ < 2
          ? { invocationId: '', durationMs: 0, lost: true, error: { message: 'gone' } }
          : undefined,
    });
    expect(await host.run('echoOne', 'kept')).toMatchObject({ status: 'Completed', output: 'kept' });
    expect(lost).toBe(3);
    await host.stop();
  });
});

describe('A process that others took for dead', () => {
  it('begins anew and loses nothing', async () => {
    const host = await startDurable();
    const id = await host.start('waiter');
    await reaches(host, id, 'Running');
    const { store } = host.extension.engine.hub;
    await store.write((tx) => tx.hosts.remove(store.hostId));
    await expect(host.extension.client.raiseEvent(id, 'go', '1')).rejects.toThrow('taken for dead');
    await new Promise<void>((resolve) => {
      const look = (): void => {
        if (host.extension.client.get(id)?.owner === store.hostId) resolve();
        else setImmediate(look);
      };
      look();
    });
    await host.extension.client.raiseEvent(id, 'go', '2');
    expect(await host.ended(id)).toMatchObject({ output: 2 });
    await host.stop();
  });
});
