import type { CampaignInput } from '@app/campaigns';
import { Field, ID, InputType } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { ValidateNested } from 'class-validator';
import { NumericId } from '../graphql/numeric-id';
import { MessageInput } from '../messages/message.input';

@InputType({ description: 'A new campaign, a draft without audience.' })
export class CreateCampaignInput implements CampaignInput {
  @Field(() => ID, { description: 'The application.' })
  @NumericId()
  applicationId!: number;

  @Field(() => String, { description: 'What operators call it; 1 to 200 characters.' })
  name!: string;

  @Field(() => MessageInput, { description: 'What to send.' })
  @ValidateNested()
  @Type(() => MessageInput)
  message!: MessageInput;

  get content() {
    return this.message.content;
  }

  get personal() {
    return this.message.personal;
  }
}
