import type { Application } from '@app/applications';
import { ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { ApplicationType } from '../applications/application.type';
import type { RequestContext } from '../kit/request-context';
import { PublicKeyType } from '../keys/key.type';

/** Leads from an application to the keys of its users' tokens. */
@Resolver(() => ApplicationType)
export class ApplicationLinksResolver {
  @Allow('keys:read')
  @ResolveField(() => [PublicKeyType], {
    description: "The keys that verify its users' tokens, the newest first.",
  })
  userKeys({ id }: Application, _: unknown, { loaders }: RequestContext): Promise<PublicKeyType[]> {
    return loaders.userKeys.load(String(id));
  }
}
