// Jest cannot load this package: it depends on ES modules. Node can, outside Jest's module registry.
const { runInThisContext } = require('node:vm');
module.exports = runInThisContext('process').getBuiltinModule('node:module').createRequire(__filename)('@azure/cosmos');
