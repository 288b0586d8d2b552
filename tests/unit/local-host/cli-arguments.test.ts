import { nearestOf, parseCliArguments, UsageError } from '../../../local-host/cli-arguments';

function optionsOf(args: readonly string[]) {
  const command = parseCliArguments(args);
  if (command.kind !== 'start') throw new Error(command.kind);
  return command.options;
}

describe('parseCliArguments', () => {
  test('start alone takes the current folder and no keys', () => {
    expect(optionsOf(['start'])).toMatchObject({
      scriptRoot: process.cwd(),
      port: undefined,
      functions: [],
      enableAuth: false,
      instanceNumber: 1,
    });
    expect(optionsOf(['host', 'start'])).toEqual(optionsOf(['start']));
  });

  test('reads every option', () => {
    const args = [
      'start',
      '--script-root',
      'x',
      '-p',
      '80',
      '--enable-auth',
      '--key',
      'k',
      '--host-state',
      's',
      '--event-grid',
      'e',
      '--host',
      '0.0.0.0',
      '--no-storage',
      '--instance',
      '2',
      '--verbose',
      '--log-stamps',
    ];
    expect(optionsOf(args)).toEqual({
      address: '0.0.0.0',
      storage: false,
      scriptRoot: 'x',
      port: 80,
      functions: [],
      enableAuth: true,
      key: 'k',
      stateDir: 's',
      eventGridFile: 'e',
      instanceNumber: 2,
      verbose: true,
      stamped: true,
      scaleManifests: [],
      maxInstances: 10,
      scaleSyncSeconds: 15,
      scaleMetricsPort: undefined,
    });
  });

  test('takes several manifests in a row, beside names of functions', () => {
    expect(
      optionsOf(['start', '--scale-manifest', 'a.yaml', 'b.yaml', '--functions', 'f', 'g', '--scale-manifest=c.yaml']),
    ).toMatchObject({ scaleManifests: ['a.yaml', 'c.yaml', 'b.yaml'], functions: ['f', 'g'] });
    expect(
      optionsOf([
        'start',
        '--scale-manifest',
        'a',
        '--max-instances',
        '3',
        '--scale-sync',
        '1',
        '--scale-metrics',
        '0',
      ]),
    ).toMatchObject({ maxInstances: 3, scaleSyncSeconds: 1, scaleMetricsPort: 0 });
  });

  test.each([
    [['start', '--max-instances', '3'], '--max-instances belongs to the scaler; add --scale-manifest FILE'],
    [['start', '--scale-sync', '3'], '--scale-sync belongs to the scaler'],
    [['start', '--scale-manifest', 'a', '--instance', '2'], '--instance and --scale-manifest exclude each other'],
    [['start', '--scale-manifest', 'a', '--max-instances', '0'], '--max-instances takes a whole number from 1 to 1000'],
    [['start', '--scale-manifest'], '--scale-manifest needs a value, as in: --scale-manifest infra/k8s/keda/'],
  ])('refuses %j and says why', (args, message) => {
    expect(() => parseCliArguments(args)).toThrow(message);
  });

  test('takes names of functions with spaces or commas between them', () => {
    expect(optionsOf(['start', '--functions', 'a', 'b', 'c']).functions).toEqual(['a', 'b', 'c']);
    expect(optionsOf(['start', '--functions', 'a,b']).functions).toEqual(['a', 'b']);
  });

  test('answers --help and --version, with a command or without', () => {
    for (const args of [['--help'], ['-h'], ['start', '--help'], ['start', '-h', '--port', '1']])
      expect(parseCliArguments(args)).toEqual({ kind: 'help' });
    for (const args of [['--version'], ['-v'], ['start', '--version']])
      expect(parseCliArguments(args)).toEqual({ kind: 'version' });
  });

  test.each([
    [[], /the command is 'start'/],
    [['stop'], /no command 'stop'; the command is 'start'/],
    [['start', 'x'], /Unexpected argument 'x'.*--script-root/],
    [['start', '--port', 'x'], /--port takes a whole number from 0 to 65535, not 'x'/],
    [['start', '--port', '70000'], /not '70000'/],
    [['start', '--port'], /--port needs a value, as in: --port 7071/],
    [['start', '-p'], /-p needs a value, as in: -p 7071/],
    [['start', '--port', '-1'], /'-1' looks like another option. Write --port=-1/],
    [['start', '--port='], /--port needs a value/],
    [['start', '--key', '--verbose'], /--key needs a value, and '--verbose' looks like another option/],
    [['start', '--verbose=yes'], /--verbose takes no value/],
    [['start', '--instance', '0'], /--instance takes a whole number from 1 to 1000/],
    [['start', '--nonsense'], /no option '--nonsense'. All options: local-host --help/],
    [['start', '--prot', '80'], /no option '--prot'. Did you mean --port\?/],
    [['start', '--enable-atuh'], /Did you mean --enable-auth\?/],
    [['start', '--scriptRoot', 'x'], /Did you mean --script-root\?/],
    [['start', '-x'], /no option '-x'/],
  ])('refuses %j in one line', (args, message) => {
    const refused = (): unknown => parseCliArguments(args);
    expect(refused).toThrow(UsageError);
    expect(refused).toThrow(message);
    expect(refused).not.toThrow(/\n/);
  });

  test('finds the nearest name, and none where nothing is near', () => {
    expect(nearestOf('hlep', ['help', 'host'])).toBe('help');
    expect(nearestOf('zzzzzz', ['help', 'host'])).toBeUndefined();
    expect(nearestOf('p'.repeat(100_000), ['help'])).toBeUndefined();
  });
});
