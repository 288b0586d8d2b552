import { messagesOf } from '../../../local-host/output-messages';

test.each([
  [{ string: 'text' }, ['text']],
  [{ json: '["one",{"k":"v"},["n1","n2"],7]' }, ['one', '{\n  "k": "v"\n}', '[\n  "n1",\n  "n2"\n]', '7']],
  [{ json: '{"t":1,"n":[1,null]}' }, ['{\n  "t": 1,\n  "n": [\n    1,\n    null\n  ]\n}']],
  [{ json: 'true' }, ['true']],
  [{ json: 'null' }, []],
  [{ json: '[]' }, []],
  [{ int: 4711 }, ['4711']],
  [{ double: 1.5 }, ['1.5']],
  [{ string: '["a","b"]' }, ['a', 'b']],
  [{ string: '[not json' }, ['[not json']],
  [{ bytes: Buffer.from('b') }, [Buffer.from('b')]],
  [{}, []],
])('%j is sent as %j', (data, expected) => {
  expect(messagesOf(data)).toEqual(expected);
});
