import { type Application, ApplicationsService, CredentialsService } from '@app/applications';
import type { Actor } from '@app/core';
import { LaneLimits } from '@app/delivery';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connectCounted, type CountedConnection, PageArgs } from '../kit/connection';
import { applicationCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import { NumericIdPipe } from '../../http/numeric-id';
import {
  ApnsCredentialInput,
  CreateApplicationInput,
  FcmCredentialInput,
  LimitsInput,
  UserTokensInput,
} from './application.input';
import {
  ApnsCredentialType,
  ApplicationConnection,
  ApplicationType,
  FcmCredentialType,
  LimitsType,
} from './application.type';

const ApplicationId = () =>
  Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe);

@Resolver(() => ApplicationType)
export class ApplicationsResolver {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly credentials: CredentialsService,
    private readonly laneLimits: LaneLimits,
  ) {}

  @Allow('applications:read')
  @Query(() => ApplicationType, { nullable: true, description: 'One application.' })
  application(
    @CurrentActor() actor: Actor,
    @Args('id', { type: () => ID, description: 'Its id.' }, NumericIdPipe) id: number,
  ): Promise<ApplicationType> {
    return this.applications.get(actor, id);
  }

  @Allow('applications:read')
  @Query(() => ApplicationConnection, {
    name: 'applications',
    description: 'The applications that the caller may touch, by id.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
  ): Promise<CountedConnection<ApplicationType>> {
    return connectCounted(
      await this.applications.list(actor, applicationCursor.requestOf(page)),
      applicationCursor,
      () => this.applications.count(actor),
    );
  }

  @Allow('applications:write')
  @Mutation(() => ApplicationType, { description: 'Creates an application.' })
  createApplication(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What it is.' }) input: CreateApplicationInput,
  ): Promise<ApplicationType> {
    return this.applications.create(actor, input);
  }

  @Allow('applications:write')
  @Mutation(() => ApplicationType, { description: 'Renames an application.' })
  updateApplication(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('name', { type: () => String, description: 'Its new name; 1 to 200 characters.' })
    name: string,
  ): Promise<ApplicationType> {
    return this.applications.rename(actor, id, name);
  }

  @Allow('keys:write')
  @Mutation(() => ApplicationType, {
    description:
      'Names the issuer and the audience without which a token of a user is refused, within 5 s. Without them, whatever the back end signs for another server is good here too.',
  })
  setUserTokens(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'What they must say.' })
    { issuer = null, audience = null }: UserTokensInput,
  ): Promise<ApplicationType> {
    return this.applications.nameUserTokens(actor, id, { issuer, audience });
  }

  @Allow('applications:write')
  @Mutation(() => ApplicationType, {
    description:
      'Removes an application with all that belongs to it: credentials, devices, campaigns, notifications. Returns it as it was.',
  })
  async removeApplication(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
  ): Promise<ApplicationType> {
    const limits = (await this.laneLimits.of([id])).get(id);
    return Object.assign(await this.applications.remove(actor, id), { limits });
  }

  @Allow('credentials:write')
  @Mutation(() => ApplicationType, {
    description:
      'Sets the credentials for APNs. They close a breaker that others opened. The same again change nothing.',
  })
  configureApns(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'The credentials.' }) input: ApnsCredentialInput,
  ): Promise<ApplicationType> {
    return this.credentials.configure(actor, id, 'apns', input);
  }

  @Allow('credentials:write')
  @Mutation(() => ApplicationType, {
    description: 'Forgets the credentials for APNs. What was not sent by then is skipped.',
  })
  removeApns(@CurrentActor() actor: Actor, @ApplicationId() id: number): Promise<ApplicationType> {
    return this.credentials.remove(actor, id, 'apns');
  }

  @Allow('credentials:write')
  @Mutation(() => ApplicationType, {
    description:
      'Sets the credentials for FCM. They close a breaker that others opened. The same again change nothing.',
  })
  configureFcm(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'The credentials.' }) input: FcmCredentialInput,
  ): Promise<ApplicationType> {
    return this.credentials.configure(actor, id, 'fcm', input);
  }

  @Allow('credentials:write')
  @Mutation(() => ApplicationType, {
    description: 'Forgets the credentials for FCM. What was not sent by then is skipped.',
  })
  removeFcm(@CurrentActor() actor: Actor, @ApplicationId() id: number): Promise<ApplicationType> {
    return this.credentials.remove(actor, id, 'fcm');
  }

  @Allow('applications:write')
  @Mutation(() => ApplicationType, {
    description: 'Changes how fast an application may send; workers follow within a second.',
  })
  setLimits(
    @CurrentActor() actor: Actor,
    @ApplicationId() id: number,
    @Args('input', { description: 'The new limits.' }) input: LimitsInput,
  ): Promise<ApplicationType> {
    return this.laneLimits.set(actor, id, input);
  }

  @ResolveField(() => LimitsType, { description: 'How fast it may send.' })
  limits(
    { id, limits }: Application & { readonly limits?: LimitsType },
    _: unknown,
    { loaders }: RequestContext,
  ): LimitsType | Promise<LimitsType> {
    return limits ?? loaders.limits.load(id);
  }

  @Allow('applications:read')
  @ResolveField(() => ApnsCredentialType, {
    nullable: true,
    description: 'Its credentials for APNs; null when it has none.',
  })
  apns(
    { id }: Application,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<ApnsCredentialType | null> {
    return loaders.credentials.apns.load(id);
  }

  @Allow('applications:read')
  @ResolveField(() => FcmCredentialType, {
    nullable: true,
    description: 'Its credentials for FCM; null when it has none.',
  })
  fcm(
    { id }: Application,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<FcmCredentialType | null> {
    return loaders.credentials.fcm.load(id);
  }
}
