import type { Application } from '@app/applications';
import { Context, Parent, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../access/allow';
import { ApplicationType } from '../applications/application.type';
import type { RequestLoaders } from '../graphql/loaders';
import { PublicKeyType } from './key.type';

@Resolver(() => ApplicationType)
export class UserKeysResolver {
  @Allow('keys:read')
  @ResolveField(() => [PublicKeyType], {
    description: "The keys that verify its users' tokens, the newest first.",
  })
  userKeys(
    @Parent() { id }: Application,
    @Context('loaders') { userKeys }: RequestLoaders,
  ): Promise<PublicKeyType[]> {
    return userKeys.load(String(id));
  }
}
