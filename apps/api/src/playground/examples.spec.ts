import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, GraphQLError, type OperationDefinitionNode, parse, validate } from 'graphql';
import { getVariableValues } from 'graphql/execution/values';
import { assertModest } from '../graphql/policy/operation-limits';

type Variables = Record<string, unknown>;

interface Example {
  readonly task: string;
  readonly title: string;
  readonly query: string;
  readonly variables?: Variables | ((ids: Readonly<Record<string, string>>) => Variables);
}

const schema = buildSchema(readFileSync(join(__dirname, '../../schema.graphql'), 'utf8'));
const { examples } = jest.requireActual<{ readonly examples: readonly Example[] }>(
  '#playground/examples.js',
);

describe('the example of the playground', () => {
  it.each(examples)(
    '"$task: $title" fits the schema, and may run',
    ({ query, variables: given = {} }) => {
      const ids = { application: '1', campaign: '1' };
      const variables = typeof given === 'function' ? given(ids) : given;
      const document = parse(query);
      expect(validate(schema, document)).toEqual([]);
      const operations = document.definitions as OperationDefinitionNode[];
      for (const { name, variableDefinitions = [] } of operations) {
        const { errors } = getVariableValues(schema, variableDefinitions, variables);
        expect(errors?.map((error: GraphQLError) => error.message) ?? []).toEqual([]);
        assertModest(schema, { document, operationName: name?.value, variables });
      }
    },
  );
});
