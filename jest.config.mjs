import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

// Nest 12 and some of its dependencies ship ES modules only. Jest cannot require() those on Node below 24.9,
// so swc turns just those packages into CommonJS.
const root = join(import.meta.dirname, 'node_modules');
const packages = readdirSync(root).flatMap((name) =>
  name.startsWith('@')
    ? readdirSync(join(root, name)).map((scoped) => `${name}/${scoped}`)
    : name.startsWith('.')
      ? []
      : [name],
);
const esModules = packages.filter((name) => {
  const manifest = join(root, name, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).type === 'module';
});

const swc = { target: 'es2023', keepClassNames: true };
const typescript = {
  jsc: {
    ...swc,
    parser: { syntax: 'typescript', decorators: true },
    transform: { legacyDecorator: true, decoratorMetadata: true },
  },
  module: { type: 'commonjs' },
  sourceMaps: 'inline',
};
const javascript = {
  jsc: { ...swc, parser: { syntax: 'ecmascript' } },
  module: { type: 'commonjs' },
};

const project = {
  testEnvironment: 'node',
  modulePathIgnorePatterns: ['<rootDir>/dist'],
  transform: { '\\.ts$': ['@swc/jest', typescript], '\\.m?js$': ['@swc/jest', javascript] },
  transformIgnorePatterns: [`/node_modules/(?!(?:${esModules.join('|')})/)`],
  moduleNameMapper: { '^@app/([^/]+)$': '<rootDir>/libs/$1/src' },
};

export default {
  projects: [{ ...project, displayName: 'unit', testRegex: '(?<!\\.db)\\.spec\\.ts$' }],
};
