import { ArgsType, Field, Int, ObjectType } from '@nestjs/graphql';
import { ItemErrorType } from '../kit/item-error.type';
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

@ObjectType('ListedUser', { description: 'What became of one id of a list.' })
class ListedUserType {
  @Field(() => String, { description: 'As it was given.' })
  userId!: string;

  @Field(() => Boolean, {
    description:
      'Whether the user joined. Who was in the audience already, or came earlier in the list, did not, and is in it.',
  })
  isAdded!: boolean;

  @Field(() => ItemErrorType, { nullable: true, description: 'Why the id was refused.' })
  error?: ItemErrorType | undefined;
}

@ObjectType({ description: 'Who joined an audience.' })
export class AddCampaignUsersPayload {
  @Field(() => CampaignType, { description: 'The campaign.' })
  campaign!: CampaignType;

  @Field(() => Int, { description: 'How many users joined: those who were not in it yet.' })
  added!: number;

  @Field(() => [ListedUserType], {
    description: 'What became of each of the userIds, in their order.',
  })
  users!: readonly ListedUserType[];

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
