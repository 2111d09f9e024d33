import type { MessageState } from '@app/delivery';
import { Field, InterfaceType } from '@nestjs/graphql';
import { MessageStateEnum } from '../kit/enums';
import { DateTime } from '../kit/scalars';

/** The fields that campaigns and notifications share. SendingsResolver gives the rest. */
@InterfaceType('Sending', {
  description: 'A message and what became of it: a campaign or a notification.',
  resolveType: (sending: object) => ('userId' in sending ? 'Notification' : 'Campaign'),
})
export abstract class SendingType {
  @Field(() => MessageStateEnum, { description: 'How far it is.' })
  state!: MessageState;

  @Field(() => DateTime, {
    nullable: true,
    description: 'When its last delivery got its final state.',
  })
  completedAt!: Date | null;
}
