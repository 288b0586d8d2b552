import { parseCliArguments, UsageError } from '../../../local-host/cli-arguments';

describe('parseCliArguments', () => {
  test('start alone takes the current folder and no keys', () => {
    expect(parseCliArguments(['start'])).toMatchObject({
      scriptRoot: process.cwd(),
      port: undefined,
      functions: [],
      enableAuth: false,
      instanceNumber: 1,
    });
    expect(parseCliArguments(['host', 'start'])).toMatchObject({ help: false });
    expect(parseCliArguments([])).toMatchObject({ help: false });
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
      '--instance',
      '2',
      '--verbose',
    ];
    expect(parseCliArguments(args)).toEqual({
      help: false,
      scriptRoot: 'x',
      port: 80,
      functions: [],
      enableAuth: true,
      key: 'k',
      stateDir: 's',
      eventGridFile: 'e',
      instanceNumber: 2,
      verbose: true,
    });
  });

  test('takes names of functions with spaces or commas between them', () => {
    expect(parseCliArguments(['start', '--functions', 'a', 'b', 'c']).functions).toEqual(['a', 'b', 'c']);
    expect(parseCliArguments(['start', '--functions', 'a,b']).functions).toEqual(['a', 'b']);
  });

  test.each([
    [['stop']],
    [['start', 'x']],
    [['start', '--port', 'x']],
    [['start', '--port', '70000']],
    [['start', '--nonsense']],
  ])('refuses %j', (args) => {
    expect(() => parseCliArguments(args)).toThrow(UsageError);
  });
});
