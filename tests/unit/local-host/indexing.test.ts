import type { BindingDefinition, FunctionDefinition } from '../../../local-host/function-definition';
import { indexFunctions } from '../../../local-host/indexing';
import { FunctionIndexingError, HostStartError } from '../../../local-host/plugin';
import type { TriggerPlugin } from '../../../local-host/plugin';
import { hostContext } from './host-context';

const fn = (name: string, type = 'testTrigger', extra: BindingDefinition[] = []): FunctionDefinition => ({
  name,
  functionId: name,
  bindings: [{ name: 'in1', type, direction: 'in' }, ...extra],
});
const plugin: TriggerPlugin = {
  type: 'testtrigger',
  check(definition) {
    if (definition.name === 'wrong') throw new FunctionIndexingError('It is wrong.');
    if (definition.name === 'fatal') throw new HostStartError('It is fatal.');
  },
};
const index = (functions: FunctionDefinition[], values: Record<string, string> = {}, only: string[] = []) =>
  indexFunctions(functions, { context: hostContext(values), triggers: [plugin], bindings: [{ type: 'queue' }], only });

describe('indexFunctions', () => {
  test('orders by name, ignoring case', () => {
    expect(index([fn('b'), fn('C'), fn('a')]).functions.map((f) => f.definition.name)).toEqual(['a', 'b', 'C']);
  });

  test('skips names that the host does not take', () => {
    const { functions, errors } = index([fn('_under'), fn('1digit'), fn('has space'), fn('with-dash_2')]);
    expect(functions.map((f) => f.definition.name)).toEqual(['with-dash_2']);
    expect(errors).toHaveLength(3);
    expect(errors.join('\n')).toContain("The '_under' function is in error: '_under' is not a valid function name.");
  });

  test('names that differ only by case put the host in Error', () => {
    expect(index([fn('twin'), fn('TWIN')]).hostError).toMatch(/twin/i);
  });

  test('a type that nobody knows leaves one function in error', () => {
    const queue: BindingDefinition = { name: 'o', type: 'Queue', direction: 'out' };
    const { functions, hostError, errors } = index([fn('fine', undefined, [queue]), fn('odd', 'nonsenseTrigger')]);
    expect(functions.map((f) => f.error === undefined)).toEqual([true, false]);
    expect(errors[0]).toContain(
      "The binding type(s) 'nonsenseTrigger' were not found in the configured extension bundle.",
    );
    expect(hostError).toBeUndefined();
  });

  test("a plugin's check leaves its function in error, or the host", () => {
    expect(index([fn('wrong')])).toMatchObject({
      hostError: undefined,
      errors: ["Error indexing method 'Functions.wrong'. It is wrong."],
    });
    expect(index([fn('fatal'), fn('fine')])).toMatchObject({ hostError: 'It is fatal.' });
  });

  test('disabled functions are listed and not checked', () => {
    const { functions, errors } = index([fn('wrong'), fn('fine')], { 'AzureWebJobs.WRONG.disabled': 'True' });
    expect(functions.map((f) => f.disabled)).toEqual([false, true]);
    expect(errors).toEqual([]);
  });

  test('takes only the functions asked for', () => {
    expect(index([fn('a'), fn('b')], {}, ['B']).functions.map((f) => f.definition.name)).toEqual(['b']);
  });
});
