import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const sources = ['libs', 'apps/api/src'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
    .map((name) => readFileSync(join(root, folder, name), 'utf8')),
);
const namesIn = (text: string, pattern: RegExp) => [
  ...new Set([...text.matchAll(pattern)].map(([, name]) => name)),
];

describe('the page of errors', () => {
  const page = readFileSync(join(root, 'docs/errors.md'), 'utf8');
  const list = page.slice(page.indexOf('\n- '), page.lastIndexOf('\n\n'));
  const told = namesIn(list, /`([A-Z_]+)`/g);

  it('has every code of a refusal', () => {
    // Those that begin with ERR_ are Node's and like Node's: errors of a socket, which no caller is told of.
    const refused = namesIn(sources.join('\n'), /readonly code = '(?!ERR_)([A-Z_]+)';/g);
    expect(refused.length).toBeGreaterThan(50);
    expect(refused.filter((code) => !told.includes(code))).toEqual([]);
  });

  it('has no code that nothing says', () => {
    expect(told.filter((code) => !sources.some((text) => text.includes(code ?? '')))).toEqual([]);
  });
});
