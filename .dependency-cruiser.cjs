/** The import table of ARCHITECTURE.md. Every rule fails the lint step. */
const only = (from, allowed, options = {}) => ({
  name: `${from.replace(/^src\//, '')}-imports`,
  comment: `What ${from} may import; see ARCHITECTURE.md.`,
  severity: 'error',
  from: { path: `^${from}/`, ...(options.except ? { pathNot: options.except } : {}) },
  to: { pathNot: [`^${from}/`, ...allowed], ...(options.types ? { dependencyTypesNot: ['type-only'] } : {}) },
});
const npm = (name) => `^node_modules/${name}(/|$)`;

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-unresolved',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true, pathNot: '^@azure/functions-core$' },
    },
    {
      name: 'no-dev-dependencies',
      comment: 'Of what is loaded only where it is installed there is one: the packaged embedding model (T3).',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/adapters/packaged-model/model-thread\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg'], dependencyTypesNot: ['type-only'] },
    },
    only('src/domain', [npm('zod')], { except: '^src/domain/digest\\.ts$' }),
    only('src/ports', ['^src/domain/', '^stream$', '^node:stream$']),
    only('src/orchestrators', ['^src/domain/', '^src/activities/'], { except: '^src/orchestrators/durable\\.ts$' }),
    {
      name: 'orchestrators-know-activity-types-only',
      severity: 'error',
      from: { path: '^src/orchestrators/' },
      to: { path: '^src/activities/', dependencyTypesNot: ['type-only'] },
    },
    only('src/activities', ['^src/domain/', '^src/ports/', '^src/telemetry/']),
    only('src/intake', ['^src/domain/', '^src/ports/', '^src/telemetry/', '^(node:)?(crypto|stream)$']),
    {
      name: 'ports-are-types',
      severity: 'error',
      from: { path: '^src/(activities|intake)/' },
      to: { path: '^src/ports/', dependencyTypesNot: ['type-only'], pathNot: '^src/ports/signature\\.ts$' },
    },
    {
      name: 'adapters-imports',
      severity: 'error',
      from: { path: '^src/adapters/([^/]+)/' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/adapters/$1/',
          '^src/(ports|domain|telemetry)/',
          '^src/config/(storage-access|share-config|order-backends)\\.ts$',
        ],
      },
    },
    only('src/config', ['^src/domain/', npm('zod')]),
    only('src/telemetry', [
      npm('@opentelemetry/.*'),
      npm('applicationinsights'),
      npm('@azure/identity'),
      '^(node:)?(async_hooks|http)$',
    ]),
    only('src/http', ['^src/domain/', '^src/telemetry/', npm('@azure/functions')]),
    {
      name: 'only-functions-register',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(functions/|index\\.ts$|http/|adapters/durable-client/)' },
      to: { path: npm('@azure/functions'), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'composition-leaves-functions',
      severity: 'error',
      from: { path: '^src/composition\\.ts$' },
      to: { path: '^src/functions/' },
    },
    {
      name: 'functions-are-leaves',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(functions/|index\\.ts$)' },
      to: { path: '^src/functions/' },
    },
    {
      name: 'host-knows-no-app',
      severity: 'error',
      from: { path: '^local-host/' },
      to: { path: '^(src|scripts|bench|tests)/' },
    },
    {
      name: 'app-knows-no-host',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(local-host|scripts|bench|tests)/' },
    },
    {
      name: 'triggers-are-apart',
      severity: 'error',
      from: { path: '^local-host/(triggers|bindings)/([^/]+)/' },
      to: { path: '^local-host/(triggers|bindings)/', pathNot: '^local-host/$1/$2/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|\\.build|tests/golden)' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['node', 'require', 'import', 'default', 'types'],
      mainFields: ['main', 'types'],
      extensions: ['.ts', '.js', '.mjs', '.cjs', '.d.ts'],
    },
  },
};
