import type { Application } from '@app/applications';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { ApplicationType } from '../applications/application.type';
import type { RequestContext } from '../graphql/request-context';
import { PublicKeyType } from './key.type';

@Resolver(() => ApplicationType)
export class UserKeysResolver {
  @Allow('keys:read')
  @ResolveField(() => [PublicKeyType], {
    description: "The keys that verify its users' tokens, the newest first.",
  })
  userKeys({ id }: Application, _: unknown, { loaders }: RequestContext): Promise<PublicKeyType[]> {
    return loaders.userKeys.load(String(id));
  }
}
