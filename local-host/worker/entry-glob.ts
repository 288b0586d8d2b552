import fs from 'node:fs';
import path from 'node:path';

/**
 * Files below `root` that match a glob as package.json `main` may hold one: `*`, `?`, `[a-z]`, `**`, `{a,b}`. Sorted;
 * paths relative to `root` with forward slashes. `node_modules` is not searched unless the pattern names it.
 */
export function findEntryFiles(root: string, pattern: string): string[] {
  const found = new Set<string>();
  for (const plain of expandBraces(pattern.replace(/^\.\//, ''))) walk(root, '', plain.split('/'), found);
  return [...found].sort();
}

function expandBraces(pattern: string): string[] {
  const open = pattern.indexOf('{');
  if (open < 0) return [pattern];
  let depth = 0;
  const choices: string[] = [];
  let start = open + 1;
  for (let i = open; i < pattern.length; i++) {
    const char = pattern[i];
    if (char === '{') depth++;
    if ((char === ',' && depth === 1) || (char === '}' && depth === 1)) {
      choices.push(pattern.slice(start, i));
      start = i + 1;
    }
    if (char === '}' && --depth === 0) {
      const [before, after] = [pattern.slice(0, open), pattern.slice(i + 1)];
      return choices.flatMap((choice) => expandBraces(before + choice + after));
    }
  }
  return [pattern];
}

function walk(root: string, folder: string, pattern: readonly string[], found: Set<string>): void {
  const [head, ...rest] = pattern;
  if (head === undefined) return;
  if (head === '' || head === '.') return void walk(root, folder, rest, found);
  if (head === '..') return void walk(root, path.posix.join(folder, '..'), rest, found);
  if (head === '**') walk(root, folder, rest, found);
  const literal = !/[*?[]/.test(head);
  for (const entry of literal ? single(root, folder, head) : list(path.join(root, folder))) {
    const name = path.posix.join(folder, entry.name);
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && isFolder(path.join(root, name)));
    if (head === '**') {
      if (isDirectory && entry.name !== 'node_modules' && !entry.isSymbolicLink()) walk(root, name, pattern, found);
    } else if (literal || segmentPattern(head).test(entry.name)) {
      if (rest.length > 0 && isDirectory) walk(root, name, rest, found);
      else if (rest.length === 0 && !isDirectory) found.add(name);
    }
  }
}

function list(folder: string): fs.Dirent[] {
  try {
    return fs.readdirSync(folder, { withFileTypes: true });
  } catch {
    return [];
  }
}

function single(root: string, folder: string, name: string): fs.Dirent[] {
  return list(path.join(root, folder)).filter((entry) => entry.name === name);
}

function isFolder(file: string): boolean {
  return fs.statSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function segmentPattern(glob: string): RegExp {
  const source = glob
    .replace(/[.+^$()|\\]/g, '\\$&')
    .replaceAll('*', '[^/]*')
    .replaceAll('?', '[^/]')
    .replaceAll('[!', '[^');
  return new RegExp(`^${glob.startsWith('.') ? '' : '(?!\\.)'}${source}$`);
}
