import { blocksOf, pages, reasonNotToRun } from './blocks';
import { Reader } from './reader';
import { brokenLinksOf, missingIn } from './references';

/** They go on in the shell of the README's five minutes, in this order. */
const fromTheReadme = [
  'README.md',
  'docs/delivery.md',
  'docs/graphql.md',
  'docs/typescript-client.md',
  'docs/idempotency.md',
  'docs/uploads.md',
];
const onTheirOwn = ['docs/authentication.md', 'docs/configuration.md'];
const others = pages.filter((page) => ![...fromTheReadme, ...onTheirOwn].includes(page));

/** Pages that a reader follows in one shell and with one server, and the variables of that server. */
const journeys: readonly {
  readonly pages: readonly string[];
  readonly with?: NodeJS.ProcessEnv;
}[] = [
  { pages: [...fromTheReadme, ...others], with: { GRAPHQL_SAFELIST: 'operations.graphql' } },
  { pages: ['docs/authentication.md'], with: { PROVISION_FILE: 'provision.yaml' } },
  { pages: ['docs/configuration.md'] },
];

describe.each(journeys)('whoever follows $pages.0', ({ pages, with: variables = {} }) => {
  let reader: Reader;
  beforeAll(async () => {
    reader = await Reader.start(pages, variables);
  });
  afterAll(() => reader.close());

  it.each(pages)('finds that %s works as it stands', (page) => reader.read(page));
});

describe('README.md and docs', () => {
  it('name only scripts and files that there are, where commands are not run', () => {
    for (const block of pages.flatMap(blocksOf).filter((block) => reasonNotToRun(block)))
      expect({ at: block.at, missing: missingIn(block) }).toEqual({ at: block.at, missing: [] });
  });

  it('link to pages and headings that there are', () => {
    for (const page of pages)
      expect({ page, broken: brokenLinksOf(page) }).toEqual({ page, broken: [] });
  });
});
