import { Field, ID, ObjectType } from '@nestjs/graphql';
import { countedConnectionOf } from '../kit/connection';
import { DateTime } from '../kit/scalars';
import { SendingType } from '../messages/sending.type';

@ObjectType('Campaign', {
  description: 'A message with an audience of users.',
  implements: () => SendingType,
})
export class CampaignType {
  @Field(() => ID, { description: 'A number.' })
  id!: number;

  @Field(() => String, { description: 'What operators call it.' })
  name!: string;

  @Field(() => DateTime, { description: 'When it was created.' })
  createdAt!: Date;

  @Field(() => DateTime, { nullable: true, description: 'When it was launched.' })
  launchedAt!: Date | null;
}

export const CampaignConnection = countedConnectionOf(CampaignType, 'Campaign');

@ObjectType('CampaignUser', { description: "A member of a campaign's audience." })
export class CampaignUserType {
  @Field(() => String, { description: "The user, by the customer's own id." })
  userId!: string;
}

export const CampaignUserConnection = countedConnectionOf(CampaignUserType, 'CampaignUser');
