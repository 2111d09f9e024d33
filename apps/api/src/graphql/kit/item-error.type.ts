import type { DomainError } from '@app/core';
import { Field, ObjectType } from '@nestjs/graphql';

@ObjectType('ItemError', { description: 'Why one item of a list was refused.' })
export class ItemErrorType {
  @Field(() => String, { description: 'Stable; the codes are those of errors.' })
  code!: string;

  @Field(() => String, { description: 'What is wrong, in words.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'The input that is wrong.' })
  field?: string;
}

/** Makes a plain value of an error: GraphQL would throw an instance of Error. */
export const itemErrorOf = ({ code, message, field }: DomainError): ItemErrorType => ({
  code,
  message,
  ...(field !== undefined && { field }),
});
