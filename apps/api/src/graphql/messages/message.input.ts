import type { Message } from '@app/delivery';
import { Field, InputType, Int } from '@nestjs/graphql';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, ValidateNested } from 'class-validator';
import { AsGiven } from '../kit/as-given';
import { Json } from '../kit/scalars';
import { MessageFields } from './message-fields';

@InputType({
  description:
    'What the user sees or the app is told: a title, a body or a badge, unless it is silent. Both gateways take at most 4096 bytes.',
})
export class MessageInput extends MessageFields {
  @Field(() => Int, { nullable: true, description: 'Number on the app icon, from 0 on (APNs).' })
  badge?: number;

  @Field(() => String, {
    nullable: true,
    description:
      'A later message with the same key replaces this one; 1 to 64 printable ASCII characters.',
  })
  collapseKey?: string;

  @Field(() => Json, {
    nullable: true,
    description: 'Custom data for the app: an object. Top-level keys on APNs, `data` on FCM.',
  })
  @AsGiven()
  @IsOptional()
  @IsObject({ message: 'wants an object' })
  extras?: NonNullable<Message['content']['extras']>;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Shows nothing; only the app gets it.',
  })
  silent!: boolean;

  @Field(() => Boolean, {
    defaultValue: false,
    description: 'Skips devices whose activation is not ACTIVE.',
  })
  personal!: boolean;

  /** The part of the message that the gateways get. */
  get content(): Message['content'] {
    const fields = Object.entries(this).filter(([field]) => field !== 'personal');
    return { ...Object.fromEntries(fields), silent: this.silent };
  }
}

/** The message of what is to be sent. */
@InputType({ isAbstract: true })
export abstract class SendingInput {
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
