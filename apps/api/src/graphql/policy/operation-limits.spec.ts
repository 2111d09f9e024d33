import { buildSchema, getIntrospectionQuery, parse } from 'graphql';
import { declareCosts } from '../kit/declared-costs';
import { assertModest } from './operation-limits';

const schema = declareCosts(
  buildSchema(`
  directive @cost(weight: String!) on FIELD_DEFINITION
  directive @listSize(assumedSize: Int, slicingArguments: [String!]) on FIELD_DEFINITION
  type Query {
    campaigns(first: Int! = 50, after: String): CampaignConnection!
    sending: Sending
    lanes: [Campaign!]!
  }
  type Mutation { send(inputs: [Int!]!): [Campaign!]! @listSize(slicingArguments: ["inputs"]) }
  type Subscription { progress: Campaign! }
  interface Sending { id: ID! deliveries(first: Int! = 50): DeliveryConnection! }
  type CampaignConnection { edges: [CampaignEdge!]! totalCount: Int! @cost(weight: "50") }
  type CampaignEdge { node: Campaign! }
  type Notification implements Sending { id: ID! deliveries(first: Int! = 50): DeliveryConnection! }
  type Campaign implements Sending { id: ID! similar: Campaign! deliveries(first: Int! = 50): DeliveryConnection! }
  type DeliveryConnection { edges: [DeliveryEdge!]! totalCount: Int! @cost(weight: "50") }
  type DeliveryEdge { node: Delivery! }
  type Delivery { id: ID! }
`),
);
const check = (text: string, variables?: Record<string, unknown>) => () => {
  assertModest(schema, { document: parse(text), variables });
};
const nested = (levels: number) =>
  `{ campaigns(first: 1) { edges { node ${'{ similar '.repeat(levels)} { id } ${'}'.repeat(levels)} } } }`;
const page = 'edges { node { id deliveries(first: $n) { edges { node { id } } } } }';

/** Selects a field under so many names. */
const aliases = (times: number, name: string, field: string) =>
  Array.from({ length: times }, (_, n) => `${name}${n}: ${field}`).join(' ');
const spreads = (times: number) => Array.from({ length: times }, (_, n) => `...part${n}`).join(' ');
const fragments = (times: number, content: (n: number) => string, on = 'Query') =>
  Array.from({ length: times }, (_, n) => `fragment part${n} on ${on} { ${content(n)} }`).join(
    '\n',
  );
const introspection = getIntrospectionQuery({ descriptions: false });
const whole = /\{([^]*?)\}\s*fragment/.exec(introspection)?.[1]?.trim() ?? '';

const deep = (levels: number): unknown => (levels === 0 ? 1 : [deep(levels - 1)]);

describe('an operation', () => {
  it.each([
    [
      'a page of a page',
      `{ campaigns { edges { node { deliveries { edges { node { id } } } } } } }`,
    ],
    ['the introspection of GraphiQL', getIntrospectionQuery()],
    ['twelve levels', nested(8)],
    [
      'one name for a field in many places, which is one field',
      `{ ${'campaigns { totalCount } '.repeat(60)} }`,
    ],
    [
      'one fragment in many places of an object, which is one',
      `{ ${'...part0 '.repeat(60)} } ${fragments(1, () => 'campaigns { totalCount edges { node { id } } }')}`,
    ],
    [
      'what is left out by conditions',
      `query ($big: Boolean! = false) { big: campaigns(first: 9000) @include(if: $big) { edges { node { id } } }
        more: campaigns(first: 9000) @skip(if: true) { edges { node { id } } } }`,
    ],
    [
      'pages of either type of an interface, of which an object is one',
      `{ sending { ... on Campaign { deliveries(first: 4000) { edges { node { id } } } }
        ... on Notification { deliveries(first: 4000) { edges { node { id } } } } } }`,
    ],
    [
      'the counts of a page of fifty',
      '{ campaigns { totalCount edges { node { deliveries(first: 1) { totalCount } } } } }',
    ],
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
    expect(run(500)).toThrow('may cost 10000; it costs 501501');
    expect(run(10)).not.toThrow();
  });

  it('is measured by the operation of a document that is to run', () => {
    const document = parse(
      'query small { campaigns { totalCount } } query large { campaigns(first: 9000) { edges { node { id } } } }',
    );
    const run = (operationName: string) => () => {
      assertModest(schema, { document, operationName });
    };
    expect(run('small')).not.toThrow();
    expect(run('large')).toThrow('may cost 10000');
  });

  it.each<[string, string, Record<string, unknown>, string]>([
    ['too many levels', nested(20), {}, 'may have 15 levels'],
    [
      'large pages of large pages',
      '{ campaigns(first: 500) { edges { node { deliveries(first: 500) { edges { node { id } } } } } } }',
      {},
      'may cost 10000',
    ],
    [
      'the same by variables',
      `query ($n: Int!) { campaigns(first: $n) { ${page} } }`,
      { n: 500 },
      'may cost 10000',
    ],
    [
      'the same by default values of variables',
      `query ($n: Int! = 500) { campaigns(first: $n) { ${page} } }`,
      {},
      'may cost 10000',
    ],
    [
      'one field under many names',
      `{ ${Array.from({ length: 31 }, (_, n) => `c${n}: campaigns(first: 1) { edges { node { id } } }`).join(' ')} }`,
      {},
      'may have 30 selections of one field',
    ],
    [
      'one field under many names, of which each fragment has a few',
      `{ ${spreads(4)} } ${fragments(4, (n) => aliases(10, `f${n}`, 'campaigns(first: 1) { edges { node { id } } }'))}`,
      {},
      'may have 30 selections of one field; it has 40',
    ],
    [
      'the same under one parent that each fragment names anew',
      `{ ${spreads(4)} } ${fragments(4, (n) => `campaigns(first: 1) { ${aliases(10, `f${n}`, 'edges { cursor: __typename }')} }`)}`,
      {},
      'may have 30 selections of one field; it has 40',
    ],
    [
      'the same below an interface',
      `{ sending { ${spreads(4)} } } ${fragments(4, (n) => aliases(10, `f${n}`, 'deliveries(first: 1) { totalCount }'), 'Sending')}`,
      {},
      'may have 30 selections of one field; it has 40',
    ],
    [
      'counts without end',
      `{ campaigns(first: 250) { edges { node { deliveries(first: 1) { totalCount } } } } }`,
      {},
      'may cost 10000; it costs 13251',
    ],
    [
      'counts under many names of many parents',
      `{ ${aliases(20, 'a', `campaigns { ${aliases(11, 'b', 'totalCount')} }`)} }`,
      {},
      'may cost 10000; it costs 11020',
    ],
    [
      'two types of an interface, of which one is dear',
      `{ sending { id ... on Campaign { deliveries(first: 9000) { edges { node { id } } } } } }`,
      {},
      'may cost 10000; it costs 18002',
    ],
    [
      'a large page that a condition leads in',
      `query ($big: Boolean!) { campaigns(first: 1) { edges { cursor: __typename } } ... @include(if: $big) { big: campaigns(first: 9000) { edges { node { id } } } } }`,
      { big: true },
      'may cost 10000; it costs 18003',
    ],
    [
      'a list of mutations',
      `mutation { ${aliases(30, 'a', 'send(inputs: [1, 2]) { similar { similar { deliveries(first: 100) { edges { node { id } } } } } }')} }`,
      {},
      'may cost 10000',
    ],
    [
      'a mutation of very many, each with pages',
      'mutation ($inputs: [Int!]!) { send(inputs: $inputs) { deliveries(first: 10) { edges { node { id } } } } }',
      { inputs: Array<number>(1_000).fill(1) },
      'may cost 10000',
    ],
    [
      'a subscription of large pages',
      'subscription { progress { deliveries(first: 9000) { edges { node { id } } } } }',
      {},
      'may cost 10000',
    ],
    [
      'the whole introspection again and again',
      `{ ${aliases(3, 'a', whole)} } ${introspection.slice(introspection.indexOf('fragment'))}`,
      {},
      'may ',
    ],
    [
      'fragments that double',
      `{ campaigns(first: 1) { edges { node { ...f0 } } } }
       ${Array.from({ length: 12 }, (_, n) => `fragment f${n} on Campaign { ${n === 11 ? 'id' : `...f${n + 1} ...f${n + 1}`} }`).join('\n')}`,
      {},
      'may have 500 selections',
    ],
    [
      'variables in variables without end',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: deep(65) },
      'may have 64 levels in its variables',
    ],
    [
      'very many values',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: Array<number[]>(10).fill(Array<number>(10_000).fill(1)) },
      'may have 100000 values in its variables',
    ],
    [
      'a very long list',
      'query ($n: Int) { campaigns(first: 1) { edges { node { id } } } }',
      { n: Array<number>(15_001).fill(1) },
      'may have 15000 items in a list',
    ],
  ])('may not have %s', (_, text, variables, limit) => {
    expect(check(text, variables)).toThrow(limit);
  });
});
