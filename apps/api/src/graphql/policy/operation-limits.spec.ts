import { buildSchema, getIntrospectionQuery, parse } from 'graphql';
import { assertModest } from './operation-limits';

const schema = buildSchema(`
  type Query { campaigns(first: Int! = 50, after: String): CampaignConnection! }
  type CampaignConnection { edges: [CampaignEdge!]! }
  type CampaignEdge { node: Campaign! }
  type Campaign { id: ID! similar: Campaign! deliveries(first: Int! = 50): DeliveryConnection! }
  type DeliveryConnection { edges: [DeliveryEdge!]! }
  type DeliveryEdge { node: Delivery! }
  type Delivery { id: ID! }
`);
const check = (text: string, variables?: Record<string, unknown>) => () => {
  assertModest(schema, { document: parse(text), variables });
};
const nested = (levels: number) =>
  `{ campaigns(first: 1) { edges { node ${'{ similar '.repeat(levels)} { id } ${'}'.repeat(levels)} } } }`;
const page = 'edges { node { id deliveries(first: $n) { edges { node { id } } } } }';

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

describe('an operation', () => {
  it.each([
    [
      'a page of a page',
      `{ campaigns { edges { node { deliveries { edges { node { id } } } } } } }`,
    ],
    ['the introspection of GraphiQL', getIntrospectionQuery()],
    ['twelve levels', nested(8)],
  ])('may have %s', (_, text) => {
    expect(check(text)).not.toThrow();
  });

  it('has no cost when its variables are wrong, which is said where it runs', () => {
    const text = `query ($n: Int!) { campaigns(first: $n) { ${page} } }`;
    expect(check(text, { n: 'many' })).not.toThrow();
    expect(check(text)).not.toThrow();
  });

  it('is measured anew for other variables, its pages in fragments or not', () => {
    const document = parse(
      `query ($n: Int!) { ...all } fragment all on Query { campaigns(first: $n) { ${page} } }`,
    );
    const run = (n: number) => () => {
      assertModest(schema, { document, variables: { n } });
    };
    expect(run(10)).not.toThrow();
    expect(run(500)).toThrow('may have 10000 objects');
    expect(run(10)).not.toThrow();
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['too many levels', nested(20), {}, '15 levels'],
    [
      'large pages of large pages',
      '{ campaigns(first: 500) { edges { node { deliveries(first: 500) { edges { node { id } } } } } } }',
      {},
      '10000 objects',
    ],
    [
      'the same by variables',
      `query ($n: Int!) { campaigns(first: $n) { ${page} } }`,
      { n: 500 },
      '10000 objects',
    ],
    [
      'the same by default values of variables',
      `query ($n: Int! = 500) { campaigns(first: $n) { ${page} } }`,
      {},
      '10000 objects',
    ],
    [
      'one field under many names',
      `{ ${Array.from({ length: 31 }, (_, n) => `c${n}: campaigns(first: 1) { edges { node { id } } }`).join(' ')} }`,
      {},
      '30 selections of one field',
    ],
    [
      'fragments that double',
      `{ campaigns(first: 1) { edges { node { ...f0 } } } }
       ${Array.from({ length: 12 }, (_, n) => `fragment f${n} on Campaign { ${n === 11 ? 'id' : `...f${n + 1} ...f${n + 1}`} }`).join('\n')}`,
      {},
      '500 selections',
    ],
    [
      'variables in variables without end',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: deep(65) },
      '64 levels in its variables',
    ],
    [
      'very many values',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: Array<number[]>(10).fill(Array<number>(10_000).fill(1)) },
      '100000 values in its variables',
    ],
    [
      'a very long list',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: Array<number>(15_001).fill(1) },
      '15000 items in a list',
    ],
  ])('may not have %s', (_, text, variables, limit) => {
    expect(check(text, variables)).toThrow(`may have ${limit}`);
  });
});
