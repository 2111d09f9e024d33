import {
  type ConstDirectiveNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  getNamedType,
  getNullableType,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  valueFromASTUntyped,
  type ValueNode,
} from 'graphql';
import { costDeclarations } from '../kit/declared-costs';

type Field = GraphQLField<unknown, unknown>;
type Values = Readonly<Record<string, unknown>>;

/** What a list of the introspection costs: the whole schema, which GraphiQL asks for, has nine of them. */
const costOfIntrospection = 500;

/** What an operation may give, at most. */
export interface OperationCost {
  /** The objects, each list counted as full, and what fields cost besides. */
  readonly cost: number;
  /** How often one object is asked for the same field, under different names. */
  readonly aliases: number;
}

/**
 * Estimates what a valid operation costs, as the schema declares it. The fields of one object of the answer are counted
 * once, from whatever fragments they come, and those of the same name in the answer are one: so graphql-js collects
 * them as well. Of the types that an interface may be, the dearest counts.
 * @param variables as they were given; where one is of the wrong type, the execution refuses it
 * @see https://ibm.github.io/graphql-specs/cost-spec.html
 */
export function costOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  root: OperationDefinitionNode,
  variables: Values,
): OperationCost {
  const type = schema.getRootType(root.operation);
  if (type == null) return { cost: 0, aliases: 0 }; // refused by others
  const analysis = new Analysis(schema, document, valuesOf(root, variables));
  return { cost: analysis.of(type, [root.selectionSet]), aliases: analysis.aliases };
}

/** Lists the variables on which the cost of a document depends: those of page sizes, and of `@skip` and `@include`. */
export function decisiveVariables(document: DocumentNode): readonly string[] {
  const names = new Set<string>();
  const note = (value: ValueNode | undefined) => {
    if (value?.kind === Kind.VARIABLE) names.add(value.name.value);
  };
  const walk = ({ selections }: SelectionSetNode) => {
    for (const selection of selections) {
      for (const { arguments: args = [] } of selection.directives ?? []) note(args[0]?.value);
      if (selection.kind === Kind.FIELD) {
        for (const { value } of selection.arguments ?? []) note(value);
      }
      if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
        walk(selection.selectionSet);
      }
    }
  };
  for (const definition of document.definitions) {
    if ('selectionSet' in definition) walk(definition.selectionSet);
  }
  return [...names];
}

/** Returns the variables with their default values. */
function valuesOf({ variableDefinitions = [] }: OperationDefinitionNode, given: Values): Values {
  const values: Record<string, unknown> = {};
  for (const { variable, defaultValue } of variableDefinitions) {
    const name = variable.name.value;
    if (given[name] !== undefined) values[name] = given[name];
    else if (defaultValue !== undefined) values[name] = valueFromASTUntyped(defaultValue);
  }
  return values;
}

/** The lists whose number of items a connection's arguments say. */
interface Sized {
  readonly fields: readonly string[];
  readonly size: number;
}

class Analysis {
  aliases = 0;
  private readonly fragments = new Map<string, FragmentDefinitionNode>();

  constructor(
    private readonly schema: GraphQLSchema,
    { definitions }: DocumentNode,
    private readonly variables: Values,
  ) {
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.fragments.set(definition.name.value, definition);
      }
    }
  }

  of(type: GraphQLCompositeType, sets: readonly SelectionSetNode[], sized?: Sized): number {
    if (isObjectType(type)) return this.ofObject(type, sets, sized);
    const costs = this.schema.getPossibleTypes(type).map((one) => this.ofObject(one, sets));
    return Math.max(0, ...costs);
  }

  private ofObject(
    type: GraphQLObjectType,
    sets: readonly SelectionSetNode[],
    sized?: Sized,
  ): number {
    const groups = new Map<string, FieldNode[]>();
    const spread = new Set<string>();
    for (const set of sets) this.collect(type, set, groups, spread);
    const names = new Map<string, number>();
    let cost = 0;
    for (const nodes of groups.values()) {
      const name = nodes[0]?.name.value ?? '';
      const sideBySide = (names.get(name) ?? 0) + 1;
      names.set(name, sideBySide);
      this.aliases = Math.max(this.aliases, sideBySide);
      const field = this.fieldOf(type, name);
      if (field !== undefined) cost += this.ofField(field, nodes, sized);
    }
    return cost;
  }

  /** Collects the fields of one object by their names in the answer. */
  private collect(
    type: GraphQLObjectType,
    { selections }: SelectionSetNode,
    groups: Map<string, FieldNode[]>,
    spread: Set<string>,
  ): void {
    for (const selection of selections) {
      if (!this.isIncluded(selection.directives)) continue;
      if (selection.kind === Kind.FIELD) {
        const name = selection.alias?.value ?? selection.name.value;
        const group = groups.get(name);
        if (group === undefined) groups.set(name, [selection]);
        else group.push(selection);
        continue;
      }
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT
          ? selection
          : this.firstSpread(selection.name.value, spread);
      if (fragment === undefined || !this.applies(type, fragment.typeCondition?.name.value))
        continue;
      this.collect(type, fragment.selectionSet, groups, spread);
    }
  }

  /** @returns nothing where the fragment is in the object already */
  private firstSpread(name: string, spread: Set<string>): FragmentDefinitionNode | undefined {
    if (spread.has(name)) return undefined;
    spread.add(name);
    return this.fragments.get(name);
  }

  private applies(type: GraphQLObjectType, condition: string | undefined): boolean {
    return (
      condition === undefined ||
      condition === type.name ||
      type.getInterfaces().some(({ name }) => name === condition)
    );
  }

  private isIncluded(directives: readonly DirectiveNode[] = []): boolean {
    return directives.every(({ name, arguments: args = [] }) => {
      if (name.value !== 'skip' && name.value !== 'include') return true;
      const condition = args[0] && valueFromASTUntyped(args[0].value, this.variables);
      return condition !== (name.value === 'skip');
    });
  }

  private fieldOf(type: GraphQLObjectType, name: string): Field | undefined {
    if (type === this.schema.getQueryType()) {
      if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
      if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
    }
    return type.getFields()[name];
  }

  private ofField(field: Field, nodes: readonly FieldNode[], sized: Sized | undefined): number {
    const { weight, list } = declarationsOf(field);
    const type = getNamedType(field.type);
    if (!isCompositeType(type)) return weight;
    const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
    const size = list && this.sizeOf(field, nodes[0], list);
    const isSizedByParent = sized?.fields.includes(field.name) ?? false;
    if (size !== undefined && list?.fields !== undefined) {
      return weight + 1 + this.of(type, sets, { fields: list.fields, size });
    }
    const items = isSizedByParent ? sized?.size : size;
    return weight + (items ?? 1) * (1 + this.of(type, sets));
  }

  private sizeOf({ args }: Field, node: FieldNode | undefined, list: ListSize): number {
    for (const slicing of list.arguments) {
      const given = node?.arguments?.find(({ name }) => name.value === slicing);
      const value: unknown =
        (given && valueFromASTUntyped(given.value, this.variables)) ??
        args.find(({ name }) => name === slicing)?.defaultValue;
      if (typeof value === 'number') return Math.max(value, 1);
      if (Array.isArray(value)) return value.length;
    }
    return list.assumed;
  }
}

interface ListSize {
  readonly assumed: number;
  readonly arguments: readonly string[];
  readonly fields: readonly string[] | undefined;
}

interface Declarations {
  readonly weight: number;
  readonly list: ListSize | undefined;
}

/** What fields declare, read once for each. */
const declared = new WeakMap<Field, Declarations>();

function declarationsOf(field: Field): Declarations {
  const known = declared.get(field) ?? readDeclarations(field);
  declared.set(field, known);
  return known;
}

function readDeclarations(field: Field): Declarations {
  const named = new Map(
    costDeclarations(field).map((node) => [node.name.value, argumentsOf(node)]),
  );
  const size = named.get('listSize');
  const isIntrospection =
    getNamedType(field.type).name.startsWith('__') && isListType(getNullableType(field.type));
  return {
    weight: Number(named.get('cost')?.weight ?? (isIntrospection ? costOfIntrospection : 0)),
    list: size && {
      assumed: (size.assumedSize as number | undefined) ?? 1,
      arguments: (size.slicingArguments as string[] | undefined) ?? [],
      fields: size.sizedFields as string[] | undefined,
    },
  };
}

const argumentsOf = ({ arguments: args = [] }: ConstDirectiveNode): Values =>
  Object.fromEntries(args.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));
