/**
 * The keys of one host: a master key, host keys and function keys by name, one system key for each extension. Kept in the
 * state folder, so that URLs with a `code` in them survive a restart. Host processes that start at the same moment on one
 * folder have the same keys: the first to write the file wins.
 */
import { createHash, randomBytes } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

type NamedKeys = Record<string, string>;

interface StoredKeys {
  masterKey: string;
  hostKeys: NamedKeys;
  systemKeys: NamedKeys;
  functionKeys: Record<string, NamedKeys>;
}

export class KeyRing {
  readonly #file: string;
  readonly #keys: StoredKeys;
  /** Called after a host or function key was added or removed. */
  onChange: () => void = () => undefined;

  /** @param fixedKey when given, is the master key and the default host key, whatever is stored */
  constructor(stateDir: string, fixedKey?: string) {
    this.#file = path.join(stateDir, 'keys.json');
    const stored = read(this.#file) ?? this.#first(fixedKey);
    this.#keys = {
      masterKey: fixedKey ?? stored.masterKey ?? newKey(),
      hostKeys: { ...stored.hostKeys, default: fixedKey ?? stored.hostKeys?.['default'] ?? newKey() },
      systemKeys: { ...stored.systemKeys },
      functionKeys: { ...stored.functionKeys },
    };
  }

  get masterKey(): string {
    return this.#keys.masterKey;
  }

  get hostKeys(): Readonly<NamedKeys> {
    return this.#keys.hostKeys;
  }

  get systemKeys(): Readonly<NamedKeys> {
    return this.#keys.systemKeys;
  }

  /** What opens functions, as the worker needs it. */
  functionKeySets(): { hostKeys: readonly string[]; functionKeys: Readonly<Record<string, readonly string[]>> } {
    const functionKeys = Object.entries(this.#keys.functionKeys).map(([name, keys]) => [name, Object.values(keys)]);
    return {
      hostKeys: Object.values(this.#keys.hostKeys),
      functionKeys: Object.fromEntries(functionKeys) as Record<string, string[]>,
    };
  }

  /** Made on first use, from the master key, so that every process on this folder makes the same. */
  systemKey(extension: string): string {
    const known = this.#keys.systemKeys[extension];
    if (known !== undefined) return known;
    const key = createHash('sha512').update(`system key of ${extension}\n${this.#keys.masterKey}`).digest('base64url');
    this.#keys.systemKeys[extension] = key;
    this.#save();
    return key;
  }

  /** Keys of one function; it has a `default` one from the first time somebody asks. */
  keysOf(functionName: string): Readonly<NamedKeys> {
    const keys = (this.#keys.functionKeys[functionName] ??= {});
    if (Object.keys(keys).length === 0) {
      keys['default'] = newKey();
      this.#changed();
    }
    return keys;
  }

  /** @returns the value set: the given one, or a new one */
  set(scope: KeyScope, name: string, value?: string): string {
    const key = value ?? newKey();
    this.#scope(scope)[name] = key;
    this.#changed();
    return key;
  }

  /** False when there was no such key. */
  remove(scope: KeyScope, name: string): boolean {
    const keys = this.#scope(scope);
    if (!(name in keys)) return false;
    // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- keys are named by the caller
    delete keys[name];
    this.#changed();
    return true;
  }

  #scope(scope: KeyScope): NamedKeys {
    if (scope.kind === 'host') return this.#keys.hostKeys;
    if (scope.kind === 'system') return this.#keys.systemKeys;
    return (this.#keys.functionKeys[scope.functionName] ??= {});
  }

  #changed(): void {
    this.#save();
    this.onChange();
  }

  /** Writes the first keys of this folder, unless another process just did: whole or not at all. */
  #first(fixedKey: string | undefined): Partial<StoredKeys> {
    const keys = { masterKey: fixedKey ?? newKey(), hostKeys: { default: fixedKey ?? newKey() } };
    const draft = `${this.#file}.${process.pid}`;
    try {
      fs.writeFileSync(draft, JSON.stringify(keys), { mode: 0o600 });
      fs.linkSync(draft, this.#file);
      return keys;
    } catch {
      return read(this.#file) ?? keys;
    } finally {
      fs.rmSync(draft, { force: true });
    }
  }

  #save(): void {
    try {
      fs.writeFileSync(this.#file, `${JSON.stringify(this.#keys, null, 2)}\n`, { mode: 0o600 });
    } catch {
      // Keys then live as long as this process.
    }
  }
}

export type KeyScope =
  | { readonly kind: 'host' }
  | { readonly kind: 'system' }
  | { readonly kind: 'function'; readonly functionName: string };

function newKey(): string {
  return randomBytes(40).toString('base64url');
}

/** Undefined when there is none; a damaged one counts as empty. */
function read(file: string): Partial<StoredKeys> | undefined {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return JSON.parse(text) as Partial<StoredKeys>;
  } catch {
    return {};
  }
}
