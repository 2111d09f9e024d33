import type { Activation } from '@app/devices';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { ActivationType } from '../devices/device.type';
import type { RequestContext } from '../kit/request-context';
import { UserType } from '../users/user.type';

/** Leads from an activation to its user. */
@Resolver(() => ActivationType)
export class ActivationLinksResolver {
  @Allow('devices:read')
  @ResolveField(() => UserType, {
    nullable: true,
    description: 'The user; null while nothing but the activation makes the user known.',
  })
  user({ userId }: Activation, _: unknown, { loaders }: RequestContext): Promise<UserType | null> {
    return loaders.users.load(userId);
  }
}
