import { readFileSync } from 'node:fs';
import { ConfigError } from '@app/core';
import {
  type DocumentNode,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  separateOperations,
  validate,
} from 'graphql';

/** Holds the operations that a file allows, however they are laid out and whatever else is in their document. */
export class Safelist {
  /** The operations, each with only its own fragments, so that fragments may share names. */
  private readonly documents: readonly DocumentNode[];
  private readonly texts: ReadonlySet<string>;

  /** @throws ConfigError when the file can't be read or holds no GraphQL operations */
  constructor(path: string) {
    const document = readDocument(path);
    this.documents = document.definitions
      .filter((definition) => definition.kind === Kind.OPERATION_DEFINITION)
      .map((operation) => alone(document, operation));
    if (this.documents.length === 0) throw refuse(`${path} holds no operation`);
    this.texts = new Set(this.documents.map(normalize));
  }

  /** @throws ConfigError when an operation does not fit the schema */
  assertFits(schema: GraphQLSchema): void {
    const [fault] = this.documents.flatMap((document) => validate(schema, document));
    if (fault !== undefined) throw refuse(`does not fit the schema: ${fault.message}`);
  }

  /** @param operationName tells which operation of the document is meant, where it has several */
  holds(document: DocumentNode, operationName?: string | null): boolean {
    const operation = getOperationAST(document, operationName);
    return operation != null && this.texts.has(normalize(alone(document, operation)));
  }
}

function readDocument(path: string): DocumentNode {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    throw refuse(`${path} can't be read`);
  }
  try {
    return parse(text, { noLocation: true });
  } catch (error) {
    throw refuse(`${path} does not parse: ${(error as Error).message}`);
  }
}

const refuse = (why: string) =>
  new ConfigError([`GRAPHQL_SAFELIST: wants a file of GraphQL operations; ${why}`]);

/** Returns the operation and the fragments that it uses. */
function alone({ kind, definitions }: DocumentNode, operation: OperationDefinitionNode) {
  const others = definitions.filter(({ kind }) => kind !== Kind.OPERATION_DEFINITION);
  const [document] = Object.values(
    separateOperations({ kind, definitions: [operation, ...others] }),
  );
  return document ?? { kind, definitions: [operation] };
}

/** Prints a document without comments and layout, and with fragments in the order of their names. */
function normalize({ definitions }: DocumentNode): string {
  return definitions.map(print).sort().join('\n');
}
