import { Field, ID, ObjectType } from '@nestjs/graphql';
import { Json } from '../kit/scalars';

@ObjectType('UserExport', { description: 'All that is kept of a user.' })
export class UserExportType {
  @Field(() => ID, { description: "The customer's own id." })
  userId!: string;

  @Field(() => Json, {
    description: 'Lists of records by what they are, with the columns that they are stored in.',
  })
  records!: Readonly<Record<string, readonly object[]>>;
}

@ObjectType('UserErasure', { description: 'What was erased of a user.' })
export class UserErasureType {
  @Field(() => ID, { description: "The customer's own id." })
  userId!: string;

  @Field(() => Json, { description: 'How many records, by what they were.' })
  erased!: Readonly<Record<string, number>>;
}
