import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

/** Who may import whom. Everything else between libs, and any import of an app, is refused. */
const layers = {
  core: [],
  applications: ['core'],
  push: ['core'],
  devices: ['core', 'applications'],
  delivery: ['core', 'applications', 'devices', 'push'],
  campaigns: ['core', 'applications', 'devices', 'delivery'],
};
const libs = Object.keys(layers);

const banned = (allowed) =>
  libs.filter((lib) => !allowed.includes(lib)).map((lib) => `@app/${lib}`);
const edges = ['@nestjs/graphql', '@nestjs/platform-fastify', 'fastify', '@apollo/*', 'graphql'];

export default tseslint.config(
  { ignores: ['dist', 'coverage', 'data', 'node_modules', '**/*.mjs'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest classes are schemas, not nominal types: a resolver returns the entity where the GraphQL class is declared.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only libs/core/src/config.ts reads the environment.',
        },
        {
          selector: "NewExpression[callee.name='Date'][arguments.length=0]",
          message: 'Ask the Clock.',
        },
      ],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: 'Ask the Clock.' },
      ],
    },
  },
  ...libs.map((lib) => ({
    files: [`libs/${lib}/src/**/*.ts`],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          paths: banned(layers[lib]).map((name) => ({
            name,
            message: `${lib} may not import it.`,
          })),
          patterns: [
            {
              group: ['@app/*/*', '**/libs/**', '**/apps/**', '**/migrations/**'],
              message: 'Through its index.ts only.',
            },
            { group: edges, message: 'Libs know no transport.' },
          ],
        },
      ],
    },
  })),
  {
    files: ['apps/{api,worker,simulator}/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['@app/*/*', '../../../*/src/*', '**/apps/**'],
              message: 'Apps import libs only.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['libs/core/src/config.ts', 'libs/core/src/clock.ts'],
    rules: { 'no-restricted-syntax': 'off', 'no-restricted-properties': 'off' },
  },
  {
    files: ['**/*.spec.ts', '**/*.e2e-spec.ts', '**/test/**/*.ts', 'bench/**/*.ts'],
    rules: {
      'no-restricted-syntax': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-imports': 'off',
    },
  },
);
