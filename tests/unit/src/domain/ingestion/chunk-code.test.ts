import fc from 'fast-check';
import type { TextKind } from '../../../../../src/domain/ingestion/text-kind';
import { checkedChunks, counters } from '../../../../drivers/chunks-under-test';
import { scaled } from '../../../../drivers/scale';

const words = counters['words']!;

interface Shown {
  readonly text: string;
  readonly headings: readonly string[];
}

function cut(text: string, kind: TextKind, maxTokens: number, overlapTokens = 0): Shown[] {
  return checkedChunks(text, { kind, maxTokens, overlapTokens }, words).map(({ start, end, headings }) => ({
    text: text.slice(start, end),
    headings,
  }));
}

describe('Python', () => {
  const module = `"""Module.

def not_a_function(): pass
"""
import os

# Says what it is.
@decorator(1)
class Session(Base):
    """A session."""

    def __init__(self, name):
        self.name = name
        if name:
            self.x = 1
        else:
            self.x = 2

    async def close(self):
        text = '''
def nope(): pass
'''
        await self.inner.close(text)


def top(a, b):
    return a + b
`;

  test('classes and functions are chunks, with decorators and comments, and say where they stand', () => {
    expect(cut(module, 'python', 48).map(({ headings }) => headings)).toEqual([
      [],
      ['Session'],
      ['Session', '__init__'],
      ['Session', 'close'],
      ['top'],
    ]);
    expect(cut(module, 'python', 48)[1]!.text).toMatch(/^# Says what it is\.\n@decorator\(1\)\nclass Session/);
  });

  test('text in a string is no code', () => {
    expect(cut(module, 'python', 20).flatMap(({ headings }) => headings)).not.toContain('nope');
    expect(cut(module, 'python', 20).flatMap(({ headings }) => headings)).not.toContain('not_a_function');
  });
});

test.each<readonly [TextKind, string, readonly (readonly string[])[]]>([
  [
    'javascript',
    `import a from 'a';\n\n/**\n * Doc.\n */\nexport async function first(x) {\n  if (x) {\n    return \`\nfunction no() {}\n\`;\n  }\n}\n\nexport class K {\n  #x = 1;\n\n  constructor(y) {\n    this.y = /["'\`]/.test(y);\n  }\n\n  run(a, b) {\n    return a.call(b, () => {\n      done();\n    });\n  }\n}\n\nconst arrow = async (p) => {\n  await p(1, 2, 3, 4);\n};\n`,
    [[], ['K'], ['K', 'run'], ['arrow']],
  ],
  [
    'go',
    `package main\n\nimport "fmt"\n\n// Server serves everything that comes to it here.\ntype Server struct {\n\tname string\n\tport int\n}\n\n// Start starts it.\nfunc (s *Server) Start() error {\n\traw := \`\nfunc fake() {\n}\n\`\n\tfmt.Println(raw, raw)\n\treturn nil\n}\n\nfunc main() {\n\ts := &Server{}\n\t_ = s.Start(1, 2, 3)\n}\n`,
    [[], ['Start'], ['main']],
  ],
  [
    'csharp',
    `using System;\n\nnamespace App\n{\n    /// <summary>Does it, and does it well enough for all.</summary>\n    [Serializable]\n    public class Worker : Base\n    {\n        public async Task<int> RunAsync(string name)\n        {\n            if (name == null)\n            {\n                throw new ArgumentNullException(nameof(name));\n            }\n            return 1;\n        }\n\n        public string Second(int a, int b)\n        {\n            return a + b + a + b;\n        }\n    }\n}\n`,
    [[], ['App', 'Worker', 'RunAsync'], ['App', 'Worker', 'Second']],
  ],
  [
    'c',
    `#include <x>\nclass Foo\n{\npublic:\n    Foo();\n#ifdef X\n    void bar(int a)\n    {\n        baz(a);\n    }\n#endif\n};\n\nstatic int compute(const std::string& s,\n                   int b)\n{\n    return b + b + b;\n}\n`,
    [[], ['compute']],
  ],
  [
    'rust',
    `use a::b;\nuse c::d;\nuse e::f;\n\n/// Doc.\n#[derive(Debug)]\npub struct Point<'a> {\n    x: &'a str,\n}\n\nimpl<'a> Point<'a> {\n    pub fn new(x: &'a str) -> Self {\n        let c = '"';\n        Point { x }\n    }\n}\n`,
    [[], ['Point'], ["Point<'a>"]],
  ],
  [
    'javascript',
    // Not indented: told by braces.
    'function a(){\nif(x){\nreturn 1\n}\nreturn 2\n}\nclass K{\nm(){\nreturn 1\n}\nn(){\ny("}")\n}\n}\n',
    [['a'], ['K']],
  ],
])('%s is cut at what it declares', (kind, text, headings) => {
  expect(cut(text, kind, 42).map((chunk) => chunk.headings)).toEqual(headings);
});

test('a function that fits is whole, in files of many', () => {
  const statement = fc.constantFrom(
    'x = x + 1',
    'call(a, b)',
    'if a:\n        b()',
    '',
    'for i in j:\n        k(i)\n\n        l()',
    "s = '''\nflat\n'''",
  );
  const body = fc.array(statement, { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(fc.array(body, { minLength: 1, maxLength: 20 }), fc.integer({ min: 60, max: 200 }), (bodies, max) => {
      const functions = bodies.map(
        (lines, i) =>
          `def function_${i}(a):\n${lines.map((line) => (line ? `    ${line}\n` : '\n')).join('')}    return a\n`,
      );
      const chunks = checkedChunks(functions.join('\n'), { kind: 'python', maxTokens: max, overlapTokens: 0 }, words);
      const text = functions.join('\n');
      for (const code of functions) {
        if (words(code) > max) continue;
        const at = text.indexOf(code);
        expect(chunks.filter(({ start, end }) => start <= at && end >= at + code.length)).toHaveLength(1);
      }
    }),
    { numRuns: scaled(3000) },
  );
});

test('a function that does not fit is cut between its parts', () => {
  const part = (i: number): string => `    step_${i} = compute(${i})\n    if step_${i}:\n        report(step_${i})\n`;
  const text = `def long(a):\n${Array.from({ length: 12 }, (_, i) => part(i)).join('\n')}`;
  const chunks = cut(text, 'python', 60, 15);
  expect(chunks.length).toBeGreaterThan(2);
  for (const { text: t, headings } of chunks) {
    expect(t.endsWith(')\n\n') || t.endsWith(')\n')).toBe(true);
    expect(headings).toEqual(['long']);
  }
});

test('broken code is cut all the same', () => {
  for (const text of [
    'const a = `never closed\nfunction b() {\n  return 1;\n}\n',
    '/* never closed\nfunction b() {}\n',
    '}}}}\n{{{{\nfunction b() {\n}\n',
  ])
    expect(cut(text, 'javascript', 50).length).toBeGreaterThan(0);
});
