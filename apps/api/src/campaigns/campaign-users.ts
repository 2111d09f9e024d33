import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { CampaignType } from './campaign.type';

@ArgsType()
export class UserListArgs {
  @Field(() => [String], {
    description: "Users, by the customer's own ids; with the e-mails from 1 to 10000.",
  })
  userIds: string[] = [];

  @Field(() => [String], {
    description: 'E-mails of profiles; each stands for all users who have it.',
  })
  emails: string[] = [];
}

@ObjectType({ description: 'Who joined an audience.' })
export class AddCampaignUsersPayload {
  @Field(() => CampaignType, { description: 'The campaign.' })
  campaign!: CampaignType;

  @Field(() => Int, { description: 'How many users joined: those who were not in it yet.' })
  added!: number;

  @Field(() => [String], { description: 'The e-mails that no profile has, in lower case.' })
  unknownEmails!: readonly string[];
}

@ObjectType({ description: 'Who left an audience.' })
export class RemoveCampaignUsersPayload {
  @Field(() => CampaignType, { description: 'The campaign.' })
  campaign!: CampaignType;

  @Field(() => Int, { description: 'How many users left.' })
  removed!: number;

  @Field(() => [String], { description: 'The e-mails that no profile has, in lower case.' })
  unknownEmails!: readonly string[];
}
