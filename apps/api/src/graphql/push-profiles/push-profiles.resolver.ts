import { type Application, PushProfilesService } from '@app/applications';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { ApplicationType } from '../applications/application.type';
import type { RequestContext } from '../kit/request-context';
import { NumericIdPipe } from '../../http/numeric-id';
import { ConfigurePushProfileInput, RotatePushProfileSecretInput } from './push-profile.input';
import { PushProfilePayload, PushProfileType } from './push-profile.type';

const ApplicationId = () =>
  Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe);

@Resolver(() => ApplicationType)
export class PushProfilesResolver {
  constructor(private readonly pushProfiles: PushProfilesService) {}

  @Allow('credentials:write')
  @Mutation(() => PushProfilePayload, {
    description: 'Sets how the app gets push sessions. The same again changes nothing.',
  })
  configurePushProfile(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'The profile.' }) input: ConfigurePushProfileInput,
  ): Promise<PushProfilePayload> {
    return this.pushProfiles.configure(actor, id, input);
  }

  @Allow('credentials:write')
  @Mutation(() => PushProfilePayload, {
    description:
      'Gives a push profile another shared secret; the present one stays good for a while.',
  })
  rotatePushProfileSecret(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'The new secret.' }) input: RotatePushProfileSecretInput,
  ): Promise<PushProfilePayload> {
    return this.pushProfiles.rotateSecret(actor, id, input);
  }

  @Allow('credentials:write')
  @Mutation(() => ApplicationType, {
    description: 'Removes a push profile. Its sessions end within seconds.',
  })
  removePushProfile(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
  ): Promise<ApplicationType> {
    return this.pushProfiles.remove(actor, id);
  }

  @Allow('applications:read')
  @ResolveField(() => PushProfileType, {
    nullable: true,
    description: 'How its app gets push sessions; null when it has no push profile.',
  })
  pushProfile(
    { id }: Application,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<PushProfileType | null> {
    return loaders.pushProfiles.load(id);
  }
}
