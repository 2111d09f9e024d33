import {
  type ConstDirectiveNode,
  DirectiveLocation,
  type FieldDefinitionNode,
  getNamedType,
  getNullableType,
  GraphQLDirective,
  type GraphQLField,
  GraphQLInt,
  GraphQLList,
  GraphQLNonNull,
  type GraphQLSchema,
  GraphQLString,
  isLeafType,
  isListType,
  isObjectType,
  Kind,
  parse,
} from 'graphql';

type Field = GraphQLField<unknown, unknown>;

/** What one count costs: as much as a page of 25, for it may read ten thousand rows. */
export const costOfCount = '@cost(weight: "50")';

/** What the size of an audience costs, of which every user is counted, for what was planned is to be told exactly. */
export const costOfSize = '@cost(weight: "10")';

/** What a field of a mutation costs besides its answer. */
const costOfMutation = '@cost(weight: "100")';

/** A list in pages has as many items as `first` says. */
const pages = '@listSize(slicingArguments: ["first"], sizedFields: ["edges"])';

/** A list without pages is short, or nobody may ask it: keys, activations, reasons, lanes. */
const shortList = '@listSize(assumedSize: 5)';

/**
 * The directives in which the schema says what fields cost.
 * @see https://ibm.github.io/graphql-specs/cost-spec.html
 */
export const costDirectives: readonly GraphQLDirective[] = [
  new GraphQLDirective({
    name: 'cost',
    description: 'What a field costs besides the objects that it gives, each of which costs 1.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: {
      weight: { type: new GraphQLNonNull(GraphQLString), description: 'The cost, a number.' },
    },
  }),
  new GraphQLDirective({
    name: 'listSize',
    description: 'How many items a list is counted with.',
    locations: [DirectiveLocation.FIELD_DEFINITION],
    args: {
      assumedSize: { type: GraphQLInt, description: 'The items of a list without pages.' },
      slicingArguments: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
        description: 'The argument that says how many.',
      },
      sizedFields: {
        type: new GraphQLList(new GraphQLNonNull(GraphQLString)),
        description: 'The fields of the answer which are those lists; else the field itself is.',
      },
    },
  }),
];

/** Declares what every field costs that does not say so itself, by the one rule for its kind. Fields are marked in place. */
export function declareCosts(schema: GraphQLSchema): GraphQLSchema {
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields()) as Field[]) {
      if (field.args.some(({ name }) => name === 'first')) declare(field, 'listSize', pages);
      else if (isShortList(field)) declare(field, 'listSize', shortList);
      if (type === schema.getMutationType()) declare(field, 'cost', costOfMutation);
    }
  }
  return schema;
}

/** Returns what a field declares of its cost, as a schema shows it. */
export const costDeclarations = ({ astNode }: Pick<Field, 'astNode'>) =>
  (astNode?.directives ?? []).filter(({ name }) =>
    costDirectives.some((directive) => directive.name === name.value),
  );

/** Edges are no list of their own: their connection has their number. */
const isShortList = ({ name, type }: Field) =>
  name !== 'edges' && isListType(getNullableType(type)) && !isLeafType(getNamedType(type));

function declare(field: Field, name: string, declaration: string): void {
  const node = field.astNode ?? nodeOf(field, '');
  const { directives = [] } = node;
  if (directives.some((directive) => directive.name.value === name)) return;
  field.astNode = {
    ...node,
    directives: [...directives, ...directivesOf(nodeOf(field, declaration))],
  };
}

const directivesOf = ({ directives = [] }: FieldDefinitionNode): readonly ConstDirectiveNode[] =>
  directives;

function nodeOf({ name }: Field, declaration: string): FieldDefinitionNode {
  const [type] = parse(`type T { ${name}: Int ${declaration} }`, { noLocation: true }).definitions;
  const node = type?.kind === Kind.OBJECT_TYPE_DEFINITION ? type.fields?.[0] : undefined;
  if (node === undefined) throw new Error(`${name} is no field`);
  return node;
}
