import type { Message } from '@app/delivery';
import { Field, InputType, Int } from '@nestjs/graphql';
import { IsObject, IsOptional } from 'class-validator';
import { AsGiven } from '../kit/as-given';
import { PushPriorityEnum } from '../kit/enums';
import { DateTime, Json } from '../kit/scalars';

@InputType({
  description:
    'What the user sees or the app is told: a title, a body or a badge, unless it is silent. Both gateways take at most 4096 bytes.',
})
export class MessageInput {
  @Field(() => String, { nullable: true, description: 'Title.' })
  title?: string;

  @Field(() => String, {
    nullable: true,
    description:
      "Key of a text among the app's own, in the user's language, in place of the title.",
  })
  titleLocKey?: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What is put into the text of titleLocKey.',
  })
  titleLocArgs?: string[];

  @Field(() => String, { nullable: true, description: 'Text.' })
  body?: string;

  @Field(() => String, {
    nullable: true,
    description: "Key of a text among the app's own, in the user's language, in place of the text.",
  })
  bodyLocKey?: string;

  @Field(() => [String], {
    nullable: true,
    description: 'What is put into the text of bodyLocKey.',
  })
  bodyLocArgs?: string[];

  @Field(() => Int, { nullable: true, description: 'Number on the app icon, from 0 on (APNs).' })
  badge?: number;

  @Field(() => String, { nullable: true, description: 'Sound to play.' })
  sound?: string;

  @Field(() => String, { nullable: true, description: 'Icon of the notification (FCM).' })
  icon?: string;

  @Field(() => String, {
    nullable: true,
    description: 'Category, which decides the buttons (APNs); the tag on Android.',
  })
  category?: string;

  @Field(() => String, {
    nullable: true,
    description:
      'A later message with the same key replaces this one; 1 to 64 printable ASCII characters.',
  })
  collapseKey?: string;

  @Field(() => DateTime, {
    nullable: true,
    description: 'A device that is not reached by then does not get it.',
  })
  validUntil?: Date;

  @Field(() => Json, {
    nullable: true,
    description: 'Custom data for the app: an object. Top-level keys on APNs, `data` on FCM.',
  })
  @AsGiven()
  @IsOptional()
  @IsObject({ message: 'wants an object' })
  extras?: NonNullable<Message['content']['extras']>;

  @Field(() => PushPriorityEnum, {
    nullable: true,
    description: 'How urgent it is. When absent, the highest on APNs and the default of FCM.',
  })
  priority?: NonNullable<Message['content']['priority']>;

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
