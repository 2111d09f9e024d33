import { type Actor, Config, type SchemaReaders } from '@app/core';
import { Injectable, Module } from '@nestjs/common';
import {
  BREAK,
  type DocumentNode,
  getOperationAST,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  visit,
} from 'graphql';
import { assertModest, type Operation } from './operation-limits';
import { refusedOperation } from './refused-operation';
import { Safelist } from './safelist';

/** Says which valid operations run, over HTTP and over the socket. What they may see is up to the fields. */
@Injectable()
export class OperationPolicy {
  private readonly safelist: Safelist | undefined;
  private readonly readers: SchemaReaders;

  /** @throws ConfigError when a safelist is configured and can't be read */
  constructor({ graphqlSafelist, graphqlIntrospection }: Config) {
    this.safelist = graphqlSafelist === undefined ? undefined : new Safelist(graphqlSafelist);
    this.readers = graphqlIntrospection;
  }

  /** Checks the safelist before anything runs. @throws ConfigError when it has an operation that does not fit the schema */
  assertFits(schema: GraphQLSchema): void {
    this.safelist?.assertFits(schema);
  }

  /** @throws GraphQLError with code OPERATION_TOO_LARGE, OPERATION_NOT_SAFELISTED or INTROSPECTION_DISABLED */
  check(schema: GraphQLSchema, operation: Operation, actor: Actor): void {
    assertModest(schema, operation);
    this.assertSafelisted(operation, actor);
    if (this.hidesSchemaFrom(actor) && introspects(operation.document)) {
      throw refusedOperation(
        'INTROSPECTION_DISABLED',
        `The schema is shown to ${this.readers === 'nobody' ? 'nobody' : 'those who have signed in'}`,
      );
    }
  }

  /** Tells whether the schema is hidden from the actor, who then learns no names from errors either. */
  hidesSchemaFrom(actor: Actor): boolean {
    return (
      this.readers === 'nobody' || (this.readers === 'signed-in' && actor.kind === 'anonymous')
    );
  }

  private assertSafelisted({ document, operationName }: Operation, actor: Actor): void {
    if (this.safelist === undefined || actor.kind === 'operator') return;
    const operation = getOperationAST(document, operationName);
    if (operation == null || signsIn(operation)) return; // none is refused by others
    if (this.safelist.holds(document, operationName)) return;
    throw refusedOperation(
      'OPERATION_NOT_SAFELISTED',
      'Only the operations that this server was given in a list may run',
    );
  }
}

@Module({ providers: [OperationPolicy], exports: [OperationPolicy] })
export class OperationPolicyModule {}

/** Tells whether an operation logs in: else nobody could become the operator who may run everything. */
function signsIn({ operation, selectionSet }: OperationDefinitionNode): boolean {
  const [field, ...rest] = selectionSet.selections;
  return (
    operation === OperationTypeNode.MUTATION &&
    field?.kind === Kind.FIELD &&
    field.name.value === 'login' &&
    rest.length === 0
  );
}

function introspects(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Field: ({ name: { value } }) => {
      found ||= value === '__schema' || value === '__type';
      return found ? BREAK : undefined;
    },
  });
  return found;
}
