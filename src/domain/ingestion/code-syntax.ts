/** What must be known of a language to find its functions and classes, and no more. */
export interface CodeSyntax {
  /** Lower case, without the point. */
  readonly extensions: readonly string[];
  /** What begins a comment to the end of the line. */
  readonly lineComments: readonly string[];
  /** Comments and strings over several lines: how they begin and end. */
  readonly spans: readonly (readonly [begin: string, end: string])[];
  /** Strings that end on their line. */
  readonly quotes: string;
  /** Whether blocks stand in braces; by indentation alone otherwise. */
  readonly braces: boolean;
  /** Whether a line comment or a line that begins with one of these belongs to the declaration after it. */
  readonly leads: string;
}

const slashes = { lineComments: ['//'], braces: true } as const;
const hashes = { lineComments: ['#'], spans: [], quotes: '"\'', braces: false, leads: '#' } as const;
const comment = ['/*', '*/'] as const;
const triple = ['"""', '"""'] as const;
const backtick = ['`', '`'] as const;

export const CODE_SYNTAXES = {
  python: {
    ...hashes,
    extensions: ['py', 'pyi', 'pyw'],
    spans: [triple, ["'''", "'''"]],
    leads: '#@',
  },
  javascript: {
    ...slashes,
    extensions: ['js', 'mjs', 'cjs', 'jsx', 'ts', 'mts', 'cts', 'tsx'],
    spans: [comment, backtick],
    quotes: '"\'',
    leads: '/*@',
  },
  java: { ...slashes, extensions: ['java'], spans: [comment, triple], quotes: '"\'', leads: '/*@' },
  csharp: { ...slashes, extensions: ['cs'], spans: [comment, triple], quotes: '"\'', leads: '/*[' },
  kotlin: { ...slashes, extensions: ['kt', 'kts', 'scala'], spans: [comment, triple], quotes: '"', leads: '/*@' },
  swift: { ...slashes, extensions: ['swift', 'dart'], spans: [comment, triple], quotes: '"', leads: '/*@' },
  go: { ...slashes, extensions: ['go'], spans: [comment, backtick], quotes: '"', leads: '/*' },
  rust: { ...slashes, extensions: ['rs'], spans: [comment], quotes: '"', leads: '/*#' },
  c: {
    ...slashes,
    extensions: ['c', 'h', 'cc', 'cpp', 'cxx', 'hpp', 'hh', 'hxx', 'm', 'mm', 'proto'],
    spans: [comment],
    quotes: '"',
    leads: '/*[',
  },
  php: { ...slashes, extensions: ['php'], lineComments: ['//', '#'], spans: [comment], quotes: '"\'', leads: '/*#' },
  css: {
    ...slashes,
    extensions: ['css', 'scss', 'less'],
    lineComments: [],
    spans: [comment],
    quotes: '"\'',
    leads: '/*',
  },
  ruby: { ...hashes, extensions: ['rb', 'rake', 'ex', 'exs', 'jl'] },
  shell: { ...hashes, extensions: ['sh', 'bash', 'zsh', 'ps1', 'psm1', 'r', 'tf', 'bicep'], quotes: '' },
  yaml: { ...hashes, extensions: ['yaml', 'yml', 'toml', 'ini', 'cfg', 'properties', 'conf'], quotes: '' },
  sql: {
    ...hashes,
    extensions: ['sql', 'lua', 'kql'],
    lineComments: ['--'],
    spans: [comment],
    quotes: "'",
    leads: '-/',
  },
  json: { ...hashes, extensions: ['json', 'json5', 'jsonc'], lineComments: ['//'], quotes: '"', leads: '/' },
  html: {
    ...hashes,
    extensions: ['html', 'htm', 'xml', 'xhtml', 'svg', 'vue', 'svelte'],
    lineComments: [],
    spans: [['<!--', '-->']],
    quotes: '',
    leads: '',
  },
} as const satisfies Record<string, CodeSyntax>;

export type CodeLanguage = keyof typeof CODE_SYNTAXES;
