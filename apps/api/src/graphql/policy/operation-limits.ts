import {
  BREAK,
  type DocumentNode,
  getNamedType,
  getOperationAST,
  getVariableValues,
  type GraphQLSchema,
  isLeafType,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeInfo,
  visit,
  visitWithTypeInfo,
} from 'graphql';
import { type ComplexityEstimator, getComplexity } from 'graphql-query-complexity';
import { refusedOperation } from './refused-operation';

/** The most levels of fields; the introspection of GraphiQL has 13, its own types nested. */
const deepest = 15;

/** The most selections of one operation; a fragment counts wherever it is spread. GraphiQL's introspection has some 150. */
const mostSelections = 500;

/** How often one field may be asked for side by side under other names. */
const mostAliases = 30;

/** The most objects that an operation may give, counting a page as full. */
const highestCost = 10_000;

/** The most lists and objects within each other: what reads JSON values does so by recursion. */
const deepestValue = 64;

/** The most values: ten thousand devices with all that they may have are some 70 000. */
const mostValues = 100_000;

/** The longest list: inputs take ten thousand at most, and tell a caller with a few more so themselves. */
const longestList = 15_000;

export interface Operation {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

/**
 * Checks a valid operation before anything of it runs. The parser has bounded its text already.
 * @throws GraphQLError with code OPERATION_TOO_LARGE when it is too deep, too wide, or may give too much
 */
export function assertModest(schema: GraphQLSchema, operation: Operation): void {
  const { document, operationName, variables } = operation;
  const root = getOperationAST(document, operationName);
  if (root == null) return; // refused by others
  const { depth, selections, aliases, pages } = shapeOf(schema, document, root);
  refuseAbove('levels', depth, deepest);
  refuseAbove('selections', selections, mostSelections);
  refuseAbove('selections of one field', aliases, mostAliases);
  assertBounded(variables);
  // Without pages it gives no more objects than it has selections.
  if (pages) refuseAbove('objects', costOf(schema, document, root, variables ?? {}), highestCost);
}

function refuseAbove(what: string, found: number, limit: number): void {
  if (found <= limit) return;
  const message = `The operation may have ${limit} ${what}; it has ${found}`;
  throw refusedOperation('OPERATION_TOO_LARGE', message);
}

/** Bounds the values level by level, because recursion is what it protects from. */
function assertBounded(variables: unknown): void {
  let level = [variables];
  for (let [depth, values] = [0, 0]; level.length > 0; depth++) {
    refuseAbove('levels in its variables', depth, deepestValue);
    for (const value of level) {
      if (Array.isArray(value)) refuseAbove('items in a list', value.length, longestList);
    }
    level = level.flatMap((value): unknown[] =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    values += level.length;
    refuseAbove('values in its variables', values, mostValues);
  }
}

interface Size {
  readonly depth: number;
  readonly selections: number;
  readonly aliases: number;
}

/** The measures that depend on the text alone. */
interface Shape extends Size {
  /** Whether the operation asks for a list that takes `first`. */
  readonly pages: boolean;
}

/** Shapes by document: Apollo parses a text once for many requests, and gives each the same document. */
const shapes = new WeakMap<OperationDefinitionNode, Shape>();

function shapeOf(
  schema: GraphQLSchema,
  document: DocumentNode,
  root: OperationDefinitionNode,
): Shape {
  const shape = shapes.get(root) ?? {
    ...new Measure(document).of(root.selectionSet),
    pages: hasPages(schema, document),
  };
  shapes.set(root, shape);
  return shape;
}

function hasPages(schema: GraphQLSchema, document: DocumentNode): boolean {
  const types = new TypeInfo(schema);
  let found = false;
  const Field = () => {
    found ||= types.getFieldDef()?.args.some(({ name }) => name === 'first') ?? false;
    return found ? BREAK : undefined;
  };
  visit(document, visitWithTypeInfo(types, { Field }));
  return found;
}

/** Measures each fragment once, so that fragments of fragments cost no time. In a valid document none contains itself. */
class Measure {
  private readonly fragments = new Map<string, SelectionSetNode>();
  private readonly known = new Map<string, Size>();

  constructor({ definitions }: DocumentNode) {
    for (const definition of definitions) {
      if (definition.kind === Kind.FRAGMENT_DEFINITION) {
        this.fragments.set(definition.name.value, definition.selectionSet);
      }
    }
  }

  of({ selections }: SelectionSetNode): Size {
    const times = new Map<string, number>();
    let [depth, count, aliases] = [0, 0, 0];
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const inner = this.inside(selection);
      depth = Math.max(depth, inner.depth + (isField ? 1 : 0));
      count += inner.selections + 1;
      const sideBySide = isField ? (times.get(selection.name.value) ?? 0) + 1 : 0;
      if (isField) times.set(selection.name.value, sideBySide);
      aliases = Math.max(aliases, inner.aliases, sideBySide);
    }
    return { depth, selections: count, aliases };
  }

  private inside(selection: SelectionSetNode['selections'][number]): Size {
    if (selection.kind !== Kind.FRAGMENT_SPREAD) {
      return selection.selectionSet === undefined ? nothing : this.of(selection.selectionSet);
    }
    const name = selection.name.value;
    const set = this.fragments.get(name);
    const size = this.known.get(name) ?? (set === undefined ? nothing : this.of(set));
    this.known.set(name, size);
    return size;
  }
}

const nothing: Size = { depth: 0, selections: 0, aliases: 0 };

/** Estimates the objects of a field: one, or for a page as many as it may hold. */
const objects: ComplexityEstimator = ({ field, args, childComplexity }) => {
  if (isLeafType(getNamedType(field.type))) return 0;
  const { first } = args as { first?: unknown };
  return (typeof first === 'number' ? Math.max(first, 1) : 1) * (1 + childComplexity);
};

function costOf(
  schema: GraphQLSchema,
  query: DocumentNode,
  { name, variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>>,
): number {
  const variables = withoutItems(given) as Record<string, unknown>;
  // Values of the wrong type are refused by the execution, with their places; here the first one decides.
  const { coerced } = getVariableValues(schema, variableDefinitions, variables, { maxErrors: 1 });
  if (coerced === undefined) return 0;
  return getComplexity({
    schema,
    query,
    estimators: [objects],
    ...(name && { operationName: name.value }),
    variables,
  });
}

/** Empties lists: what they hold has no part in the cost, and looking at ten thousand devices takes time. */
function withoutItems(value: unknown): unknown {
  if (Array.isArray(value)) return [];
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, withoutItems(member)]),
  );
}
