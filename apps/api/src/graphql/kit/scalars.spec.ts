import { parseValue } from 'graphql';
import { DateTime, Json } from './scalars';

const literal = (text: string) => Json.parseLiteral(parseValue(text), {});

describe('DateTime', () => {
  it('is RFC 3339, in a calendar that has the day', () => {
    expect(DateTime.parseValue('2028-02-29T12:00:00+01:00')).toEqual(
      new Date('2028-02-29T11:00:00Z'),
    );
    for (const text of ['2026-02-30T12:00:00Z', '2026-01-31T24:00:00Z', '2026-01-31T12:00:00']) {
      expect(() => DateTime.parseValue(text)).toThrow(/^DateTime wants RFC 3339/);
      expect(() => DateTime.parseLiteral(parseValue(`"${text}"`), {})).toThrow(/^DateTime wants/);
    }
  });
});

describe('JSON', () => {
  it.each([
    '1234567890123456789',
    '-1234567890123456789',
    '9007199254740992',
    '1e400',
    '-1e400',
    '1e20',
  ])('refuses %s rather than round it, wherever it is', (number) => {
    for (const text of [number, `[[${number}]]`]) {
      expect(() => literal(text)).toThrow(/write a larger one as text/);
      expect(() => Json.parseValue(JSON.parse(text))).toThrow(/write a larger one as text/);
    }
    expect(() => literal(`{orderId: ${number}}`)).toThrow(/write a larger one as text/);
  });

  it.each(['9007199254740991', '-9007199254740991', '0.1', '1e15', '52.520006599999998', '1e-9'])(
    'takes %s',
    (number) => {
      expect(literal(`[${number}]`)).toEqual([Number(number)]);
      expect(Json.parseValue([Number(number)])).toEqual([Number(number)]);
    },
  );

  it('has any key, and plain objects whether it was a literal or a variable', () => {
    const value = { constructor: 'a', toString: 'b', hasOwnProperty: { valueOf: [null] } };
    expect(Json.parseValue(value)).toStrictEqual(value);
    expect(literal('{constructor: "a", toString: "b", hasOwnProperty: {valueOf: [null]}}')).toEqual(
      value,
    );
    expect(Object.getPrototypeOf(literal('{a: 1}'))).toBe(Object.prototype);
  });

  it('refuses __proto__ and what is nested too deeply', () => {
    expect(() => Json.parseValue(JSON.parse('{"a":{"__proto__":1}}'))).toThrow(/"__proto__"/);
    expect(() => literal('{__proto__: 1}')).toThrow(/"__proto__"/);
    expect(() => literal('['.repeat(33) + ']'.repeat(33))).toThrow(/at most 32 levels/);
  });
});
