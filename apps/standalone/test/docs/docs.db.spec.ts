import { blocksOf, pages, reasonNotToRun } from './blocks';
import { Reader } from './reader';
import { brokenLinksOf, missingIn } from './references';

/** Pages that a reader follows in one shell and with one server, and the variables of that server. */
const journeys: readonly {
  readonly pages: readonly string[];
  readonly with?: NodeJS.ProcessEnv;
}[] = [
  {
    pages: [
      'README.md',
      'docs/delivery.md',
      'docs/graphql.md',
      'docs/typescript-client.md',
      'docs/idempotency.md',
      'docs/uploads.md',
      'docs/security.md',
      'docs/operations.md',
      'docs/simulator.md',
      'docs/how-it-works.md',
      'docs/errors.md',
      'docs/benches.md',
      'docs/migrating.md',
      'docs/migrating-from-powerauth.md',
    ],
    with: { GRAPHQL_SAFELIST: 'operations.graphql' },
  },
  { pages: ['docs/authentication.md'], with: { PROVISION_FILE: 'provision.yaml' } },
  { pages: ['docs/configuration.md'] },
];

describe.each(journeys)('whoever follows $pages.0', ({ pages, with: variables = {} }) => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await Reader.start(pages, variables);
  }, 120_000);
  afterAll(() => reader.close());

  it.each(pages)('finds that %s works as it stands', (page) => reader.read(page), 600_000);
});

describe('README.md and docs', () => {
  it('are followed from the first page to the last', () => {
    expect(journeys.flatMap(({ pages }) => pages).sort()).toEqual([...pages].sort());
  });

  it('name only scripts and files that there are, where commands are not run', () => {
    for (const block of pages.flatMap(blocksOf).filter((block) => reasonNotToRun(block)))
      expect({ at: block.at, missing: missingIn(block) }).toEqual({ at: block.at, missing: [] });
  });

  it('link to pages and headings that there are', () => {
    for (const page of pages)
      expect({ page, broken: brokenLinksOf(page) }).toEqual({ page, broken: [] });
  });
});
