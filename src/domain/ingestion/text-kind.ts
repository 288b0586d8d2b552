import { CODE_SYNTAXES, type CodeLanguage } from './code-syntax';

/** How a text is read for cutting: `text` by paragraphs, `lines` by lines (records and logs), code by functions and classes. */
export type TextKind = 'markdown' | 'text' | 'lines' | CodeLanguage;

const BY_EXTENSION: ReadonlyMap<string, TextKind> = new Map([
  ...['md', 'markdown', 'mdown', 'mkd', 'mdx', 'qmd', 'rmd'].map((name) => [name, 'markdown'] as const),
  ...['csv', 'tsv', 'log', 'jsonl', 'ndjson'].map((name) => [name, 'lines'] as const),
  ...Object.entries(CODE_SYNTAXES).flatMap(([language, { extensions }]) =>
    extensions.map((name) => [name, language as CodeLanguage] as const),
  ),
]);
const BY_NAME: ReadonlyMap<string, TextKind> = new Map<string, TextKind>([
  ['dockerfile', 'shell'],
  ['makefile', 'shell'],
  ['readme', 'markdown'],
]);
const BY_TYPE: ReadonlyMap<string, TextKind> = new Map<string, TextKind>([
  ['text/markdown', 'markdown'],
  ['text/x-markdown', 'markdown'],
  ['text/csv', 'lines'],
  ['text/tab-separated-values', 'lines'],
  ['text/x-python', 'python'],
  ['text/javascript', 'javascript'],
  ['application/javascript', 'javascript'],
  ['application/json', 'json'],
  ['text/html', 'html'],
  ['text/xml', 'html'],
]);

/** By the blob name's extension, else by its last part, else by the content type; `text` when none says more. */
export function textKind(name: string, contentType = ''): TextKind {
  const last = name.slice(name.lastIndexOf('/') + 1).toLowerCase();
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return BY_EXTENSION.get(extensionOf(last)) ?? BY_NAME.get(last) ?? BY_TYPE.get(type) ?? 'text';
}

/** The part after the last point, in lower case and without it; '' when there is none. */
export function extensionOf(name: string): string {
  const last = name.slice(name.lastIndexOf('/') + 1);
  const dot = last.lastIndexOf('.');
  return dot < 0 ? '' : last.slice(dot + 1).toLowerCase();
}
