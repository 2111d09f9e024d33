// `node run-typescript.mjs <file.ts> [arguments]`: for tests that start a process of their own, to kill it for instance.
import Module, { createRequire } from 'node:module';
import { join, resolve as resolvePath } from 'node:path';
import { transformFileSync } from '@swc/core';

const libs = join(import.meta.dirname, '../../../libs');
const resolve = Module._resolveFilename;
Module._resolveFilename = (request, ...rest) => {
  const lib = /^@app\/([^/]+)$/.exec(request)?.[1];
  return lib === undefined
    ? resolve.call(Module, request, ...rest)
    : join(libs, lib, 'src/index.ts');
};

Module._extensions['.ts'] = (module, filename) => {
  const { code } = transformFileSync(filename, {
    configFile: false,
    swcrc: false,
    jsc: {
      target: 'es2023',
      parser: { syntax: 'typescript', decorators: true },
      transform: { legacyDecorator: true, decoratorMetadata: true },
      keepClassNames: true,
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  module._compile(code, filename);
};

process.argv.splice(1, 1);
createRequire(import.meta.url)(resolvePath(process.argv[1]));
