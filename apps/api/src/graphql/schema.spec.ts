import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  findBreakingChanges,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isIntrospectionType,
  isObjectType,
  isSpecifiedScalarType,
} from 'graphql';
import { schemaText } from './schema-text';

describe('the public schema', () => {
  it('is the committed one; a wanted change is written by `npm run schema`', async () => {
    const committed = readFileSync(join(__dirname, '../../schema.graphql'), 'utf8');
    expect(await schemaText()).toBe(committed);
  });

  it('describes every type, field, argument and enum value', async () => {
    expect(undescribed(await schemaText())).toEqual([]);
  });

  const released = releasedSchema();
  if (released === undefined) {
    it('breaks nothing: there is no release that it could break', () => undefined);
  } else {
    it(`breaks nothing of ${released.tag}`, async () => {
      const now = buildSchema(await schemaText());
      expect(findBreakingChanges(buildSchema(released.text), now)).toEqual([]);
    });
  }
});

/** The schema of the last tag; none without git, without tags, and of a tag that had no schema yet. */
function releasedSchema(): { tag: string; text: string } | undefined {
  const git = (...words: string[]) =>
    spawnSync('git', words, { cwd: __dirname, encoding: 'utf8', maxBuffer: 2 ** 26 });
  const described = git('describe', '--tags', '--abbrev=0');
  if (described.status !== 0) return undefined;
  const tag = described.stdout.trim();
  const name = 'apps/api/schema.graphql';
  if (git('ls-tree', '--full-tree', '--name-only', tag, name).stdout.trim() === '')
    return undefined;
  const { status, stdout, stderr } = git('show', `${tag}:${name}`);
  if (status !== 0) throw new Error(`The schema of ${tag} can't be read: ${stderr}`);
  return { tag, text: stdout };
}

interface Described {
  readonly name: string;
  readonly description?: string | null | undefined;
}

function undescribed(text: string): string[] {
  const types = Object.values(buildSchema(text).getTypeMap()).filter(
    (type) => !isIntrospectionType(type) && !isSpecifiedScalarType(type),
  );
  return types.flatMap((type) => {
    const fields: readonly Described[] =
      isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
        ? Object.values(type.getFields())
        : isEnumType(type)
          ? type.getValues()
          : [];
    const args =
      isObjectType(type) || isInterfaceType(type)
        ? Object.values(type.getFields()).flatMap((field) => field.args)
        : [];
    const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
    return [...(isRoot ? [] : [type]), ...fields, ...args]
      .filter(({ description }) => !description)
      .map(({ name }) => `${type.name}: ${name}`);
  });
}
