// Lets this process require TypeScript: each file is compiled when it is needed and has changed, and kept by what it
// says. A name that is made of the content can't be out of date, whatever was checked out or interrupted meanwhile.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const cache = join(root, 'node_modules/.cache/carillon');
const require = createRequire(import.meta.url);

const options = {
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
};
const compiler = readFileSync(require.resolve('@swc/core/package.json'), 'utf8');
/** Where the compiled text of each file is kept. */
const compiledTo = new Map();
const salt = JSON.stringify([JSON.parse(compiler).version, options]);

/** @returns the source map of a file that was compiled here, as a data URL */
export function sourceMapOf(filename) {
  const kept = compiledTo.get(filename);
  return kept && /^\/\/# sourceMappingURL=(.*)/m.exec(readFileSync(kept, 'utf8'))?.[1];
}

/**
 * @param {(file: string) => void} compiling is told of each file that has to be compiled
 */
export function loadTypescript(compiling = () => undefined) {
  const resolve = Module._resolveFilename;
  Module._resolveFilename = (request, ...rest) => {
    const [, lib, file = 'index'] = /^@app\/([^/]+)(?:\/([^/]+))?$/.exec(request) ?? [];
    return lib === undefined
      ? resolve.call(Module, request, ...rest)
      : join(root, 'libs', lib, 'src', `${file}.ts`);
  };
  Module._extensions['.ts'] = (module, filename) => {
    module._compile(compiled(filename, compiling), filename);
  };
}

function compiled(filename, compiling) {
  const source = readFileSync(filename, 'utf8');
  const key = createHash('sha256').update(salt).update(filename).update('\0').update(source);
  const kept = join(cache, `${key.digest('hex')}.js`);
  compiledTo.set(filename, kept);
  const known = keptText(kept);
  if (known !== '') return known;
  compiling(filename);
  const { code } = require('@swc/core').transformSync(source, { ...options, filename });
  keep(kept, code);
  return code;
}

/** @returns nothing of what is missing, or was cut off with the machine's power */
function keptText(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Whole or not at all: it is renamed into its place. Where nothing can be kept, each start compiles. */
function keep(path, code) {
  const draft = `${path}.${process.pid}`;
  try {
    mkdirSync(cache, { recursive: true });
    writeFileSync(draft, code);
    renameSync(draft, path);
  } catch {
    // An installation that belongs to somebody else, or a full disk: it works, only slower.
    rmSync(draft, { force: true });
  }
}
