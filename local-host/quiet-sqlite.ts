/**
 * Keeps Node's notice that node:sqlite is experimental out of the host's output; its interface as used here is stable
 * across the Node versions that the project accepts. Import before anything that loads node:sqlite.
 */
const emitWarning = process.emitWarning.bind(process);

process.emitWarning = (warning: string | Error, ...rest: unknown[]) => {
  const text = typeof warning === 'string' ? warning : warning.message;
  if (!text.startsWith('SQLite is an experimental feature'))
    (emitWarning as (...args: unknown[]) => void)(warning, ...rest);
};
