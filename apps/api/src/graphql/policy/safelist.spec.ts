import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from '@app/core';
import { buildSchema, parse } from 'graphql';
import { Safelist } from './safelist';

const schema = buildSchema('type Query { a: Query! b(n: Int): Int }');

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'carillon-safelist-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function safelistOf(text: string): Safelist {
  const path = join(folder, 'operations.graphql');
  writeFileSync(path, text);
  const safelist = new Safelist(path);
  safelist.assertFits(schema);
  return safelist;
}

describe('a safelist', () => {
  it.each([
    { text: 'query {', why: 'does not parse: Syntax Error' },
    { text: '', why: 'does not parse: Syntax Error' },
    { text: 'fragment f on Query { b }', why: 'holds no operation' },
    { text: '{ b } query Next { c }', why: 'does not fit the schema: Cannot query field "c"' },
    { text: '{ ...f }', why: 'does not fit the schema: Unknown fragment "f"' },
  ])('of $text is refused', ({ text, why }) => {
    expect(() => safelistOf(text)).toThrow(ConfigError);
    expect(() => safelistOf(text)).toThrow(why);
  });

  it('may begin with a byte order mark', () => {
    expect(safelistOf('\ufeff{ b }').holds(parse('{ b }'))).toBe(true);
  });

  it('that is not there is refused', () => {
    expect(() => new Safelist(join(folder, 'nowhere'))).toThrow("can't be read");
  });

  it('may hold operations of the same name, or of none', () => {
    const safelist = safelistOf('{ b } { a { b } } query Q { b } query Q($n: Int) { b(n: $n) }');
    for (const text of ['{b}', '{a{b}}', 'query Q{b}', 'query Q($n:Int){b(n:$n)}']) {
      expect(safelist.holds(parse(text))).toBe(true);
    }
    expect(safelist.holds(parse('query Q($n:Int){b}'))).toBe(false);
  });

  it('compares the fragments that are used, in whatever order they stand', () => {
    const safelist = safelistOf(
      '{ ...f } fragment f on Query { a { ...g } } fragment g on Query { b }',
    );
    const used = 'fragment g on Query { b } { ...f } fragment f on Query { a { ...g } }';
    expect(safelist.holds(parse(used))).toBe(true);
    expect(safelist.holds(parse(`${used} fragment h on Query { b }`))).toBe(true);
    expect(safelist.holds(parse(used.replace('g on Query { b }', 'g on Query { b b }')))).toBe(
      false,
    );
  });

  it('does not hold what has no operation that is meant', () => {
    const safelist = safelistOf('query Q { b }');
    expect(safelist.holds(parse('query Q { b } query R { b }'))).toBe(false);
    expect(safelist.holds(parse('query Q { b }'), 'R')).toBe(false);
  });
});
