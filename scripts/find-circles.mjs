// Ends with code 1, and names the files, where some import each other in a circle, be it for a type only.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import typescript from 'typescript';

const root = join(import.meta.dirname, '..');
const sources = ['apps', 'libs', 'bench', 'migrations', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.m?ts$|\.mjs$/.test(name))
    .map((name) => join(root, folder, name)),
);
const imports = new Map(sources.map((file) => [file, importsOf(file)]));

/** The files of ours that a file names. */
function importsOf(file) {
  const { importedFiles } = typescript.preProcessFile(readFileSync(file, 'utf8'), true, true);
  return importedFiles
    .map(({ fileName }) => pathOf(fileName, file))
    .filter((path) => path !== undefined);
}

function pathOf(name, from) {
  const [, lib, inside = 'index'] = /^@app\/([^/]+)(?:\/(.+))?$/.exec(name) ?? [];
  if (lib === undefined && !name.startsWith('.')) return undefined;
  const path =
    lib === undefined ? join(dirname(from), name) : join(root, 'libs', lib, 'src', inside);
  return [path, `${path}.ts`, join(path, 'index.ts')].find(
    (candidate) => existsSync(candidate) && statSync(candidate).isFile(),
  );
}

const done = new Set();
const circles = [];

/** @param path the files that lead here, each imported by the one before it */
function visit(file, path = []) {
  if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file]);
  if (path.includes(file) || done.has(file)) return;
  for (const imported of imports.get(file) ?? []) visit(imported, [...path, file]);
  done.add(file);
}

for (const file of sources) visit(file);
for (const circle of circles)
  console.error(`A circle: ${circle.map((file) => relative(root, file)).join(' imports ')}`);
if (circles.length > 0) process.exit(1);
