import { type Application, ApplicationsService } from '@app/applications';
import {
  Args,
  Context,
  ID,
  Mutation,
  Parent,
  Query,
  ResolveField,
  Resolver,
} from '@nestjs/graphql';
import type { RequestLoaders } from '../graphql/loaders';
import { NumericIdPipe } from '../graphql/numeric-id';
import {
  ApnsCredentialInput,
  CreateApplicationInput,
  FcmCredentialInput,
  LimitsInput,
} from './application.input';
import {
  ApnsCredentialType,
  ApplicationType,
  FcmCredentialType,
  LimitsType,
} from './application.type';

const ApplicationId = () =>
  Args('applicationId', { type: () => ID, description: 'The application.' }, NumericIdPipe);

@Resolver(() => ApplicationType)
export class ApplicationsResolver {
  constructor(private readonly applications: ApplicationsService) {}

  @Query(() => ApplicationType, { nullable: true, description: 'One application.' })
  application(
    @Args('id', { type: () => ID, description: 'Its id.' }, NumericIdPipe) id: number,
  ): Promise<ApplicationType> {
    return this.applications.get(id);
  }

  @Query(() => [ApplicationType], { name: 'applications', description: 'All applications, by id.' })
  list(): Promise<ApplicationType[]> {
    return this.applications.list();
  }

  @Mutation(() => ApplicationType, { description: 'Creates an application.' })
  createApplication(
    @Args('input', { description: 'What it is.' }) input: CreateApplicationInput,
  ): Promise<ApplicationType> {
    return this.applications.create(input);
  }

  @Mutation(() => ApplicationType, { description: 'Renames an application.' })
  updateApplication(
    @ApplicationId() id: number,
    @Args('name', { type: () => String, description: 'Its new name; 1 to 200 characters.' })
    name: string,
  ): Promise<ApplicationType> {
    return this.applications.rename(id, name);
  }

  @Mutation(() => ApplicationType, {
    description:
      'Sets the credentials for APNs. They close a breaker that others opened. The same again change nothing.',
  })
  configureApns(
    @ApplicationId() id: number,
    @Args('input', { description: 'The credentials.' }) input: ApnsCredentialInput,
  ): Promise<ApplicationType> {
    return this.applications.configureApns(id, input);
  }

  @Mutation(() => ApplicationType, {
    description: 'Forgets the credentials for APNs. What was not sent by then is skipped.',
  })
  removeApns(@ApplicationId() id: number): Promise<ApplicationType> {
    return this.applications.removeApns(id);
  }

  @Mutation(() => ApplicationType, {
    description:
      'Sets the credentials for FCM. They close a breaker that others opened. The same again change nothing.',
  })
  configureFcm(
    @ApplicationId() id: number,
    @Args('input', { description: 'The credentials.' }) input: FcmCredentialInput,
  ): Promise<ApplicationType> {
    return this.applications.configureFcm(id, input);
  }

  @Mutation(() => ApplicationType, {
    description: 'Forgets the credentials for FCM. What was not sent by then is skipped.',
  })
  removeFcm(@ApplicationId() id: number): Promise<ApplicationType> {
    return this.applications.removeFcm(id);
  }

  @Mutation(() => ApplicationType, {
    description: 'Changes how fast an application may send; workers follow within a second.',
  })
  setLimits(
    @ApplicationId() id: number,
    @Args('input', { description: 'The new limits.' }) input: LimitsInput,
  ): Promise<ApplicationType> {
    return this.applications.setLimits(id, input);
  }

  @ResolveField(() => LimitsType, { description: 'How fast it may send.' })
  limits(@Parent() application: Application): LimitsType {
    return application;
  }

  @ResolveField(() => ApnsCredentialType, {
    nullable: true,
    description: 'Its credentials for APNs; null when it has none.',
  })
  apns(
    @Parent() { id }: Application,
    @Context('loaders') { apns }: RequestLoaders,
  ): Promise<ApnsCredentialType | null> {
    return apns.load(id);
  }

  @ResolveField(() => FcmCredentialType, {
    nullable: true,
    description: 'Its credentials for FCM; null when it has none.',
  })
  fcm(
    @Parent() { id }: Application,
    @Context('loaders') { fcm }: RequestLoaders,
  ): Promise<FcmCredentialType | null> {
    return fcm.load(id);
  }
}
