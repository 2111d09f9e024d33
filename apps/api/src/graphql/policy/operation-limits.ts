import {
  type DocumentNode,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { costOf, decisiveVariables, type OperationCost } from './operation-cost';
import { refusedOperation } from './refused-operation';

/** The most levels of fields; the introspection of GraphiQL has 13, its own types nested. */
const deepest = 15;

/** The most selections of one operation; a fragment counts wherever it is spread. GraphiQL's introspection has some 150. */
const mostSelections = 500;

/** How often an object may be asked for one field, under different names. */
const mostAliases = 30;

/** The most that an operation may cost: an object is 1, a page counts as full; see `declareCosts` for the rest. */
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
  const known = knownOf(document, root);
  refuseAbove('levels', known.size.depth, deepest);
  refuseAbove('selections', known.size.selections, mostSelections);
  assertBounded(variables);
  const { cost, aliases } = costWith(schema, document, root, known, variables ?? {});
  refuseAbove('selections of one field', aliases, mostAliases);
  if (cost > highestCost) {
    throw refusedOperation(
      'OPERATION_TOO_LARGE',
      `The operation may cost ${highestCost}; it costs ${cost}. Ask for smaller pages, or less of each`,
    );
  }
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

/** The measures of a text that do not depend on the schema. */
interface Size {
  readonly depth: number;
  readonly selections: number;
}

/** What was found out about an operation before. */
interface Known {
  readonly size: Size;
  readonly variables: readonly string[];
  /** By the values of those variables. */
  readonly costs: Map<string, OperationCost>;
}

/** How many costs of one operation are kept. */
const mostCosts = 100;

/** What is known by operation: Apollo parses a text once for many requests, and gives each the same document. */
const known = new WeakMap<OperationDefinitionNode, Known>();

function knownOf(document: DocumentNode, root: OperationDefinitionNode): Known {
  const found = known.get(root) ?? {
    size: new Measure(document).of(root.selectionSet),
    variables: decisiveVariables(document),
    costs: new Map<string, OperationCost>(),
  };
  known.set(root, found);
  return found;
}

function costWith(
  schema: GraphQLSchema,
  document: DocumentNode,
  root: OperationDefinitionNode,
  { variables: names, costs }: Known,
  given: Readonly<Record<string, unknown>>,
): OperationCost {
  const key = keyOf(names, given);
  const cost = costs.get(key) ?? costOf(schema, document, root, given);
  if (costs.size >= mostCosts) costs.clear();
  costs.set(key, cost);
  return cost;
}

/** Joins the values that decide: numbers, lengths of lists and conditions; of all else only the kind does. */
const keyOf = (names: readonly string[], given: Readonly<Record<string, unknown>>) =>
  names
    .map((name) => given[name])
    .map((value) => {
      if (Array.isArray(value)) return `[${value.length}]`;
      return typeof value === 'object' && value !== null ? '{}' : JSON.stringify(value);
    })
    .join();

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
    let [depth, count] = [0, 0];
    for (const selection of selections) {
      const inner = this.inside(selection);
      depth = Math.max(depth, inner.depth + (selection.kind === Kind.FIELD ? 1 : 0));
      count += inner.selections + 1;
    }
    return { depth, selections: count };
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

const nothing: Size = { depth: 0, selections: 0 };
