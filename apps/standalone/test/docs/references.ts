import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Block } from './blocks';

const { scripts, dependencies, devDependencies } = JSON.parse(
  readFileSync('package.json', 'utf8'),
) as Record<string, Record<string, string>>;
const packages = { ...dependencies, ...devDependencies };
const variables = readFileSync('.env.example', 'utf8');

/** The variables of others: psql and its like, and those that only docker/compose.yml reads. */
const foreign = ['PGPASSWORD', 'POSTGRES_PASSWORD'];

/** @returns the npm scripts, packages, files and variables that a block names although the project has none such */
export function missingIn({ content }: Block): string[] {
  const named = (pattern: RegExp) => [...content.matchAll(pattern)].map(([, name = '']) => name);
  return [
    ...named(/\bnpm (?:run )?(?!ci\b|run\b|init\b|install\b)([\w:]+)/g).filter(
      (name) => scripts?.[name] === undefined,
    ),
    ...named(/(?<=\s)(@?[\w/-]+@\d+)(?=\s)/g).filter((wanted) => !isOurs(wanted)),
    ...named(/(?<![\w/.])((?:apps|bench|docker|docs|libs)\/[\w./-]+)/g).filter(
      (file) => !existsSync(file),
    ),
    ...named(/\b([A-Z][A-Z_]{3,})=/g).filter(
      (name) => !foreign.includes(name) && !variables.includes(`\n${name}=`),
    ),
  ];
}

/** Tells whether we have the same major version, with which the pages are tested. */
function isOurs(wanted: string): boolean {
  const at = wanted.lastIndexOf('@');
  const [major] = /\d+/.exec(packages[wanted.slice(0, at)] ?? '') ?? [];
  return major === wanted.slice(at + 1);
}

/** @returns the links of a page to files or headings that are not there; others' sites are not asked */
export function brokenLinksOf(page: string): string[] {
  const links = [...readFileSync(page, 'utf8').matchAll(/\]\(([^)\s]+)\)/g)];
  return links
    .map(([, link = '']) => link)
    .filter((link) => !/^https?:/.test(link) && !leads(page, link));
}

function leads(page: string, link: string): boolean {
  const [path = '', heading] = link.split('#');
  const file = path === '' ? page : join(dirname(page), path);
  if (!existsSync(file)) return false;
  return heading === undefined || headingsOf(file).includes(heading);
}

/** Returns the anchors of a page's headings, as GitHub names them. */
function headingsOf(file: string): string[] {
  return [...readFileSync(file, 'utf8').matchAll(/^#+ (.*)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
}
