import {
  ApplicationsService,
  CredentialsService,
  type CredentialDescription,
} from '@app/applications';
import type { Actor } from '@app/core';
import { ApplicationDirectory } from '@app/powerauth';
import type { z } from 'zod';
import { CurrentActor } from '../access/current-actor';
import {
  readApplicationId,
  readConfigureAndroid,
  readConfigureIos,
  readCreateApplication,
  readShowApplication,
} from './application-requests';
import { applicationDetailView, applicationView, unconfiguredView } from './application.view';
import {
  ApplicationDetail,
  ApplicationId,
  ApplicationList,
  ConfigureAndroid,
  ConfigureIos,
  CreateApplication,
  CreatedApplication,
  ShowApplication,
} from './models';
import { PowerAuthController } from './protocol/powerauth-controller';
import { adminPath } from './protocol/powerauth-path';
import { Read } from './protocol/request-params';
import { Route } from './protocol/route';

/** An application's number is both the `id` and the `appId` of these routes. */
@PowerAuthController(adminPath, {
  APPLICATION_NOT_FOUND: 'Application credentials with entered ID does not exist',
  APPLICATION_EXISTS: 'Application already exists',
  POWERAUTH_UNAVAILABLE:
    'Unconfigured application list failed because application name could not be retrieved',
})
export class PowerAuthApplicationsController {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly credentials: CredentialsService,
    private readonly directory: ApplicationDirectory,
  ) {}

  @Route(['GET'], ['list'], {
    allow: 'applications:read',
    summary: 'List the applications',
    response: ApplicationList,
  })
  async list(@CurrentActor() actor: Actor): Promise<z.infer<typeof ApplicationList>> {
    const applications = await this.applications.listAll(actor);
    const ids = applications.map(({ id }) => id);
    const [apns, fcm] = await this.describe(actor, ids);
    const withApns = new Map(apns.map((credential) => [credential.applicationId, credential]));
    const withFcm = new Map(fcm.map((credential) => [credential.applicationId, credential]));
    return {
      applicationList: applications.map((application) =>
        applicationView({
          application,
          apns: withApns.get(application.id),
          fcm: withFcm.get(application.id),
        }),
      ),
    };
  }

  @Route(['GET'], ['unconfigured/list'], {
    allow: 'applications:read',
    summary: "List PowerAuth Server's applications that are not created here",
    response: ApplicationList,
  })
  async listUnconfigured(@CurrentActor() actor: Actor): Promise<z.infer<typeof ApplicationList>> {
    const known = new Set((await this.applications.listAll(actor)).map(({ id }) => id));
    const unknown = (await this.directory.list()).filter(
      ({ id }) => !known.has(id) && actor.may('applications:read', id),
    );
    return { applicationList: unknown.map(unconfiguredView) };
  }

  @Route(['POST'], ['detail'], {
    allow: 'applications:read',
    summary: 'Get an application',
    request: ShowApplication,
    response: ApplicationDetail,
  })
  async detail(
    @CurrentActor() actor: Actor,
    @Read(readShowApplication) { id, ...include }: ReturnType<typeof readShowApplication>,
  ): Promise<z.infer<typeof ApplicationDetail>> {
    const application = await this.applications.get(actor, id);
    const [[apns], [fcm]] = await this.describe(actor, [id]);
    return applicationDetailView({ application, apns, fcm }, include);
  }

  @Route(['POST'], ['create'], {
    allow: 'applications:write',
    summary: 'Create an application',
    request: CreateApplication,
    response: CreatedApplication,
  })
  async create(
    @CurrentActor() actor: Actor,
    @Read(readCreateApplication) appId: number,
  ): Promise<z.infer<typeof CreatedApplication>> {
    // The legacy server does not ask whether PowerAuth Server knows the application.
    const name = await this.directory.nameOf(appId).catch(() => undefined);
    const { id } = await this.applications.create(actor, {
      id: appId,
      name: name ?? `Application ${appId}`,
    });
    return { id };
  }

  @Route(['PUT', 'POST'], ['ios/update'], {
    allow: 'credentials:write',
    summary: 'Set the APNs credentials',
    request: ConfigureIos,
  })
  async configureIos(
    @CurrentActor() actor: Actor,
    @Read(readConfigureIos) { id, credential }: ReturnType<typeof readConfigureIos>,
  ): Promise<void> {
    await this.credentials.configure(actor, id, 'apns', credential);
  }

  @Route(['DELETE', 'POST'], ['ios/remove'], {
    allow: 'credentials:write',
    summary: 'Remove the APNs credentials',
    request: ApplicationId,
  })
  async removeIos(
    @CurrentActor() actor: Actor,
    @Read(readApplicationId) id: number,
  ): Promise<void> {
    await this.credentials.remove(actor, id, 'apns');
  }

  @Route(['PUT', 'POST'], ['android/update'], {
    allow: 'credentials:write',
    summary: 'Set the FCM credentials',
    request: ConfigureAndroid,
  })
  async configureAndroid(
    @CurrentActor() actor: Actor,
    @Read(readConfigureAndroid) { id, credential }: ReturnType<typeof readConfigureAndroid>,
  ): Promise<void> {
    await this.credentials.configure(actor, id, 'fcm', credential);
  }

  @Route(['DELETE', 'POST'], ['android/remove'], {
    allow: 'credentials:write',
    summary: 'Remove the FCM credentials',
    request: ApplicationId,
  })
  async removeAndroid(
    @CurrentActor() actor: Actor,
    @Read(readApplicationId) id: number,
  ): Promise<void> {
    await this.credentials.remove(actor, id, 'fcm');
  }

  private describe(
    actor: Actor,
    ids: readonly number[],
  ): Promise<[CredentialDescription<'apns'>[], CredentialDescription<'fcm'>[]]> {
    return Promise.all([
      this.credentials.describe(actor, 'apns', ids),
      this.credentials.describe(actor, 'fcm', ids),
    ]);
  }
}
