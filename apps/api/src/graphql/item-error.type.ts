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
