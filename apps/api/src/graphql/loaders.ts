import {
  ApplicationsModule,
  ApplicationsService,
  CredentialsService,
  PushProfilesService,
} from '@app/applications';
import { AuthModule, OwnedKeys } from '@app/auth';
import { AudiencesService, CampaignsModule } from '@app/campaigns';
import { DeliveryModule, Messages } from '@app/delivery';
import type { Actor } from '@app/core';
import { type Activation, DevicesModule, DevicesService } from '@app/devices';
import type { KeyOwner, PublicKey } from '@app/keys';
import { Injectable, Module } from '@nestjs/common';
import DataLoader from 'dataloader';

/** What the fields of many parents ask for one by one is read in one statement each. */
@Injectable()
export class Loaders {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly credentials: CredentialsService,
    private readonly pushProfiles: PushProfilesService,
    private readonly devices: DevicesService,
    private readonly messages: Messages,
    private readonly audiences: AudiencesService,
    private readonly keys: OwnedKeys,
  ) {}

  /** A set for one request of this actor. Nothing is kept: a mutation must see what the one before it changed. */
  create(actor: Actor) {
    return {
      applications: byKey(
        (ids: readonly number[]) => this.applications.find(actor, ids),
        (application) => application.id,
      ),
      apns: byKey(
        (ids: readonly number[]) => this.credentials.describeApns(actor, ids),
        (credential) => credential.applicationId,
      ),
      fcm: byKey(
        (ids: readonly number[]) => this.credentials.describeFcm(actor, ids),
        (credential) => credential.applicationId,
      ),
      pushProfiles: byKey(
        (ids: readonly number[]) => this.pushProfiles.describe(actor, ids),
        (profile) => profile.applicationId,
      ),
      devices: byKey(
        (ids: readonly string[]) => this.devices.find(actor, ids),
        (device) => device.id,
      ),
      /** Lists, by device. */
      activations: byMap((ids: readonly string[]) => this.activationsByDevice(actor, ids)),
      /** Lists, by client, by service account and by application. */
      clientKeys: byMap((ids: readonly string[]) => this.keysByOwner(actor, 'client', ids)),
      accountKeys: byMap((ids: readonly string[]) =>
        this.keysByOwner(actor, 'service_account', ids),
      ),
      userKeys: byMap((ids: readonly string[]) => this.keysByOwner(actor, 'application', ids)),
      /** By message. */
      counts: byMap((ids: readonly string[]) => this.messages.countsOf(ids)),
      /** How many users a campaign has. */
      users: byMap((ids: readonly number[]) => this.audiences.sizesOf(ids)),
    };
  }

  private async activationsByDevice(
    actor: Actor,
    ids: readonly string[],
  ): Promise<Map<string, Activation[]>> {
    const lists = new Map(ids.map((id): [string, Activation[]] => [id, []]));
    for (const activation of await this.devices.activationsOf(actor, ids)) {
      if (activation.deviceId !== null) lists.get(activation.deviceId)?.push(activation);
    }
    return lists;
  }

  private async keysByOwner(
    actor: Actor,
    kind: KeyOwner['kind'],
    ids: readonly string[],
  ): Promise<Map<string, PublicKey[]>> {
    const lists = new Map(ids.map((id): [string, PublicKey[]] => [id, []]));
    for (const key of await this.keys.list(actor, kind, ids)) lists.get(key.ownerId)?.push(key);
    return lists;
  }
}

export type RequestLoaders = ReturnType<Loaders['create']>;

@Module({
  imports: [ApplicationsModule, AuthModule, DevicesModule, DeliveryModule, CampaignsModule],
  providers: [Loaders],
  exports: [Loaders],
})
export class LoadersModule {}

function byKey<Key, Value>(
  find: (keys: readonly Key[]) => Promise<Value[]>,
  keyOf: (value: Value) => Key,
): DataLoader<Key, Value | null> {
  return byMap(async (keys: readonly Key[]) => {
    const found = new Map((await find(keys)).map((value) => [keyOf(value), value]));
    return new Map(keys.map((key) => [key, found.get(key) ?? null]));
  });
}

/** @param find answers for every key */
function byMap<Key, Value>(
  find: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>,
): DataLoader<Key, Value> {
  return new DataLoader(
    async (keys: readonly Key[]) => {
      const found = await find([...new Set(keys)]);
      return keys.map((key) => found.get(key) as Value);
    },
    { cache: false },
  );
}
