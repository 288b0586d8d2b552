// Tests run on what `tsc` built: the code under test is the code that ships.
const base = {
  testEnvironment: 'node',
  transform: {},
  rootDir: 'dist/tests',
  modulePathIgnorePatterns: ['/golden/'],
  moduleNameMapper: {
    '^@azure/(storage-blob|storage-queue|data-tables|identity|cosmos)$': `${import.meta.dirname}/tests/native/$1.cjs`,
  },
};
const project = (displayName, folders) => ({
  ...base,
  displayName,
  testMatch: folders.map((f) => `<rootDir>/${f}/**/*.test.js`),
});

export default {
  testTimeout: 60_000,
  testSequencer: './scripts/longest-first-sequencer.cjs',
  reporters: ['default', '<rootDir>/scripts/closing-line-reporter.mjs'],
  projects: [project('unit', ['unit']), project('integration', ['integration']), project('e2e', ['e2e'])],
};
