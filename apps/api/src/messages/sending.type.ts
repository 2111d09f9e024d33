import { InterfaceType } from '@nestjs/graphql';

/** What campaigns and notifications have in common. SendingsResolver gives all of its fields. */
@InterfaceType('Sending', {
  description: 'A message and what became of it: a campaign or a notification.',
  resolveType: (sending: object) => ('userId' in sending ? 'Notification' : 'Campaign'),
})
export abstract class SendingType {}
