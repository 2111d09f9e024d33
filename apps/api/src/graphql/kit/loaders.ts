import {
  ApplicationsModule,
  ApplicationsService,
  type CredentialDescription,
  CredentialsService,
  PushProfilesService,
} from '@app/applications';
import { ApiKeysService, AuthModule, OwnedKeys } from '@app/auth';
import {
  type AudienceMember,
  AudiencesService,
  CampaignLists,
  CampaignsModule,
  NotificationLists,
} from '@app/campaigns';
import {
  type Actor,
  byGateway,
  type Gateway,
  type ListOrder,
  listsBy,
  type PageRequest,
} from '@app/core';
import {
  AnswerWindow,
  type DeliveryFilter,
  DeliveryLists,
  DeliveryModule,
  type DeliveryPosition,
  Faults,
  type LaneKey,
  LaneLimits,
  Messages,
  type SendingPosition,
} from '@app/delivery';
import {
  Accusations,
  type Device,
  DeviceLists,
  DevicesModule,
  DevicesService,
  ProfilesService,
  UsersService,
} from '@app/devices';
import type { KeyOwner } from '@app/keys';
import { Injectable, Module } from '@nestjs/common';
import { type Batch, byKey, byMap, byParent } from './batches';

/** A page of the deliveries below a parent. */
interface DeliveriesQuery<Position> {
  readonly filter: DeliveryFilter;
  readonly page: PageRequest<Position>;
}

/** What the fields of many parents ask for one by one is read in one statement each. */
@Injectable()
export class Loaders {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly credentials: CredentialsService,
    private readonly pushProfiles: PushProfilesService,
    private readonly devices: DevicesService,
    private readonly deviceLists: DeviceLists,
    private readonly accusations: Accusations,
    private readonly users: UsersService,
    private readonly profiles: ProfilesService,
    private readonly messages: Messages,
    private readonly deliveries: DeliveryLists,
    private readonly window: AnswerWindow,
    private readonly campaigns: CampaignLists,
    private readonly notifications: NotificationLists,
    private readonly audiences: AudiencesService,
    private readonly keys: OwnedKeys,
    private readonly apiKeys: ApiKeysService,
    private readonly faults: Faults,
    private readonly laneLimits: LaneLimits,
  ) {}

  /** A set for one request of this actor. Nothing is kept: a mutation must see what the one before it changed. */
  create(actor: Actor) {
    return {
      ...this.ofApplications(actor),
      ...this.ofPeople(actor),
      ...this.ofSendings(),
    };
  }

  private ofApplications(actor: Actor) {
    const keysOf = (kind: KeyOwner['kind']) =>
      byMap(async (ids: readonly string[]) =>
        listsBy(ids, await this.keys.list(actor, kind, ids), (key) => [key.ownerId, key]),
      );
    const credentialsFor = <G extends Gateway>(gateway: G) =>
      byKey(
        (ids: readonly number[]) => this.credentials.describe(actor, gateway, ids),
        ({ applicationId }) => applicationId,
      );
    return {
      applications: byKey(
        (ids: readonly number[]) => this.applications.find(actor, ids),
        ({ id }) => id,
      ),
      /** By application, for each gateway. */
      credentials: byGateway(credentialsFor) as {
        readonly [G in Gateway]: Batch<number, CredentialDescription<G> | null>;
      },
      /** By application. */
      limits: byMap((ids: readonly number[]) => this.laneLimits.of(ids)),
      /** By application. */
      laneFaults: byMap((ids: readonly number[]) => this.faults.ofLanes(ids)),
      pushProfiles: byKey(
        (ids: readonly number[]) => this.pushProfiles.describe(actor, ids),
        ({ applicationId }) => applicationId,
      ),
      /** Lists, by client, by service account and by application. */
      clientKeys: keysOf('client'),
      accountKeys: keysOf('service_account'),
      userKeys: keysOf('application'),
      /** Lists, by API key. */
      apiKeySecrets: byMap(async (ids: readonly string[]) =>
        listsBy(ids, await this.apiKeys.secretsOf(ids), (secret) => [secret.apiKeyId, secret]),
      ),
    };
  }

  private ofPeople(actor: Actor) {
    return {
      devices: byKey(
        (ids: readonly string[]) => this.devices.find(actor, ids),
        ({ id }) => id,
      ),
      /** Lists, by device. */
      activations: byMap(async (ids: readonly string[]) =>
        listsBy(ids, await this.devices.activationsOf(actor, ids), (one) => [one.deviceId, one]),
      ),
      /** By device. */
      suspicions: byKey(
        (ids: readonly string[]) => this.accusations.suspicionsOf(ids),
        ({ deviceId }) => deviceId,
      ),
      users: byKey(
        (ids: readonly string[]) => this.users.find(actor, ids),
        ({ id }) => id,
      ),
      /** Lists, by user. */
      profiles: byMap(async (ids: readonly string[]) =>
        listsBy(ids, await this.profiles.ofUsers(actor, ids), (profile) => [
          profile.userId,
          profile,
        ]),
      ),
      userDevices: byParent(
        (
          ids: readonly string[],
          { order, page }: { order: ListOrder; page: PageRequest<Pick<Device, 'id'>> },
        ) => this.deviceLists.ofUsers(actor, ids, {}, order, page),
      ),
      userDeviceCounts: byMap((ids: readonly string[]) =>
        this.deviceLists.countOfUsers(actor, ids),
      ),
      userNotifications: byParent((ids: readonly string[], page: PageRequest<SendingPosition>) =>
        this.notifications.ofUsers(actor, ids, page),
      ),
      userNotificationCounts: byMap((ids: readonly string[]) =>
        this.notifications.countOfUsers(actor, ids),
      ),
      /** Those of a message to the devices of the caller, who is a user. */
      ownDeliveries: byMap((ids: readonly string[]) => this.deliveries.toUser(actor.id, ids)),
    };
  }

  private ofSendings() {
    return {
      laneWindows: byMap(async (lanes: readonly LaneKey[]) => {
        const windows = await this.window.of(lanes);
        return new Map(lanes.map((lane, n) => [lane, windows[n] ?? null]));
      }),
      /** By message. */
      counts: byMap((ids: readonly string[]) => this.messages.countsOf(ids)),
      reasons: byMap((ids: readonly string[]) => this.messages.reasonsOf(ids)),
      deliveries: byParent(
        (ids: readonly string[], { filter, page }: DeliveriesQuery<DeliveryPosition>) =>
          this.deliveries.ofMessages(ids, filter, page),
      ),
      deliveryCounts: byParent((ids: readonly string[], filter: DeliveryFilter) =>
        this.deliveries.countOfMessages(ids, filter),
      ),
      /** By device. */
      deviceDeliveries: byParent(
        (ids: readonly string[], { filter, page }: DeliveriesQuery<SendingPosition>) =>
          this.deliveries.ofDevices(ids, filter, page),
      ),
      deviceDeliveryCounts: byParent((ids: readonly string[], filter: DeliveryFilter) =>
        this.deliveries.countOfDevices(ids, filter),
      ),
      /** The campaign or notification of a message. */
      sendings: byMap(async (ids: readonly string[]) => {
        const campaigns = await this.campaigns.byMessage(ids);
        const notifications = await this.notifications.byId(ids);
        return new Map(ids.map((id) => [id, campaigns.get(id) ?? notifications.get(id) ?? null]));
      }),
      /** How many users a campaign has. */
      audienceSizes: byMap((ids: readonly number[]) => this.audiences.sizesOf(ids)),
      audienceCounts: byMap((ids: readonly number[]) => this.audiences.countsOf(ids)),
      audiences: byParent(
        (ids: readonly number[], page: PageRequest<Pick<AudienceMember, 'userId'>>) =>
          this.campaigns.audiencesOf(ids, page),
      ),
    };
  }
}

export type RequestLoaders = ReturnType<Loaders['create']>;

@Module({
  imports: [ApplicationsModule, AuthModule, DevicesModule, DeliveryModule, CampaignsModule],
  providers: [Loaders],
  exports: [Loaders],
})
export class LoadersModule {}
