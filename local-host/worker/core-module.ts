import Module from 'node:module';

interface LoaderInternals {
  _load: (request: string, parent: unknown, isMain: boolean) => unknown;
}

/**
 * Makes `require('@azure/functions-core')` return `exports` in this process, for CommonJS and for ES modules alike (an ES
 * `import` of `@azure/functions` runs its CommonJS file). Must run before the app loads.
 */
export function provideCoreModule(exports: object): void {
  const isCore = (id: unknown): boolean => id === '@azure/functions-core';
  const prototype = Module.prototype as { require: (id: string) => unknown };
  const require = prototype.require;
  prototype.require = function patchedRequire(this: unknown, id: string): unknown {
    return isCore(id) ? exports : require.call(this, id);
  };
  // Node's own paths to a module (for example `createRequire`) do not all go through Module.prototype.require.
  const internals = Module as unknown as LoaderInternals;
  const load = internals._load;
  internals._load = function patchedLoad(this: unknown, request: string, parent: unknown, isMain: boolean): unknown {
    return isCore(request) ? exports : load.call(this, request, parent, isMain);
  };
}
