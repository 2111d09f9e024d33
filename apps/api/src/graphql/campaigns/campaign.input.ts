import type { CampaignFilter, CampaignInput } from '@app/campaigns';
import type { ListOrder } from '@app/core';
import type { MessageState } from '@app/delivery';
import { ArgsType, Field, ID, InputType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ArrayMaxSize, IsOptional, ValidateNested } from 'class-validator';
import { PageArgs } from '../kit/connection';
import { ListOrderEnum, MessageStateEnum } from '../kit/enums';
import { NumericId } from '../../http/numeric-id';
import { MessageInput, SendingInput } from '../messages/message.input';

@InputType({ description: 'A new campaign, a draft without audience.' })
export class CreateCampaignInput extends SendingInput implements CampaignInput {
  @Field(() => ID, { description: 'The application.' })
  @NumericId()
  applicationId!: number;

  @Field(() => String, { description: 'What operators call it; 1 to 200 characters.' })
  name!: string;
}

@InputType({ description: 'What changes of a draft. What is absent stays as it is.' })
export class UpdateCampaignInput {
  @Field(() => String, {
    nullable: true,
    description: 'What operators call it; 1 to 200 characters.',
  })
  name?: string;

  @Field(() => MessageInput, {
    nullable: true,
    description: 'What to send; it replaces the whole message.',
  })
  @IsOptional()
  @ValidateNested()
  @Type(() => MessageInput)
  message?: MessageInput;
}

@InputType({ description: 'Which campaigns to show. What is absent does not matter.' })
export class CampaignFilterInput implements CampaignFilter {
  @Field(() => ID, { nullable: true, description: 'Those of this application.' })
  @NumericId()
  applicationId?: number;

  @Field(() => [MessageStateEnum], { nullable: true, description: 'Those in one of these states.' })
  @IsOptional()
  @ArrayMaxSize(20, { message: 'wants each state once' })
  states?: MessageState[];
}

@ArgsType()
export class CampaignsArgs extends PageArgs {
  @Field(() => ListOrderEnum, { description: 'By the time when they were created.' })
  orderBy: ListOrder = 'newest';
}
