import { isApplicationId } from '@app/applications';
import { type Actor, ApplicationNotFoundError, Config, inTransaction } from '@app/core';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { checkActivationId, checkAnyActivationId } from '../checks/activation-id';
import { InvalidDeviceError } from '../checks/invalid-device.error';
import { canonicalToken } from '../checks/push-token';
import { checkUserId } from '../checks/user-id';
import { Activation, type ActivationStatus, activationStatuses } from '../device/activation.entity';
import { actorParameters } from '../device/actor-parameters';
import type { Device } from '../device/device.entity';
import { ActivationNotFoundError } from '../device/devices.errors';
import type { PushAddress } from '../registration/devices.service';
import { ActivationBatches } from './activation-batches';
import { ActivationSource, type KnownActivation } from './activation-source';
import {
  hiddenActivationsStatement,
  registerActivationStatement,
  updateStatusStatement,
} from './activation.statements';
import {
  ActivationNotActiveError,
  MultipleActivationsDisabledError,
  RegistrationIncompleteError,
} from './activations.errors';
import { registerActivations } from './register-activations';

export interface ActivationInput {
  readonly activationId: string;
  readonly userId: string;
  readonly status: ActivationStatus;
  /** Where it is at home while it has no device; by default the only application that the actor reaches. */
  readonly applicationId?: number | undefined;
}

/**
 * Keeps activations, and registers devices with one, as PowerAuth Push does. Whoever has devices:write somewhere may make
 * one known. From then on it is at home in the application of its device, or else of the last one that it had, or in the
 * one that was named as it was made known. To those who don't reach its home it is not there, nor is one without a home
 * to those who are limited to some applications: else they could take it to theirs.
 */
@Injectable()
export class ActivationsService {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly batches: ActivationBatches,
    private readonly source: ActivationSource,
    private readonly config: Config,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /**
   * Registers a token for an activation: whose it is, and whether it is ACTIVE, is the source's word. The activation
   * leaves the token that it had; the only other activation of this token loses it.
   * @throws ForbiddenError, InvalidDeviceError, ApplicationNotFoundError, ActivationNotActiveError, also for one out of
   * reach, MultipleActivationsError, ActivationSourceUnavailableError
   */
  async registerDevice(
    actor: Actor,
    registration: PushAddress & { readonly activationId: string },
  ): Promise<Device> {
    actor.demand('devices:write', registration.applicationId);
    const activationId = checkActivationId(registration.activationId);
    // Our own table says so in the same statement.
    const address = checkAddress(registration);
    const known = this.source.isRemote
      ? await this.registrable(activationId, address.applicationId)
      : undefined;
    const attached = { actor, ...address, activationId, known };
    const device = await this.batches.register(this.manager, attached);
    if (device !== undefined) return device;
    throw new ApplicationNotFoundError(address.applicationId);
  }

  /**
   * Registers a token for these activations and no others. Where some are refused, the rest is registered all the same.
   * @throws ForbiddenError, InvalidDeviceError, ApplicationNotFoundError, MultipleActivationsDisabledError,
   * RegistrationIncompleteError
   */
  async registerSharedDevice(
    actor: Actor,
    registration: PushAddress & { readonly activationIds: readonly string[] },
  ): Promise<Device> {
    actor.demand('devices:write', registration.applicationId);
    if (!this.config.powerAuthMultipleActivations) throw new MultipleActivationsDisabledError();
    const refusals: unknown[] = [];
    const ids = [...new Set(registration.activationIds)];
    const hidden = await this.hiddenFrom(actor, ids);
    const find = async (id: string): Promise<[string, KnownActivation | undefined][]> => {
      try {
        if (hidden.has(id)) throw new ActivationNotActiveError();
        const known = await this.registrable(id, registration.applicationId);
        return [[id, this.source.isRemote ? known : undefined]];
      } catch (error) {
        refusals.push(error);
        return [];
      }
    };
    const found = await Promise.all(ids.map(find));
    const known = new Map(found.flat());
    if (known.size === 0) throw new RegistrationIncompleteError(refusals);
    const address = checkAddress(registration);
    const { devicesPerUser } = this.config;
    const device = await registerActivations(
      this.manager,
      actor,
      address,
      known,
      true,
      devicesPerUser,
    );
    if (device === undefined) throw new ApplicationNotFoundError(address.applicationId);
    if (refusals.length > 0) throw new RegistrationIncompleteError(refusals);
    return device;
  }

  /**
   * Makes an activation known, or changes its user or status; the same again changes nothing.
   * @throws ForbiddenError, InvalidDeviceError, ApplicationNotFoundError, ActivationNotFoundError for one out of reach
   */
  async register(actor: Actor, input: ActivationInput): Promise<Activation> {
    actor.demandSomewhere('devices:write');
    const id = checkActivationId(input.activationId);
    if (!activationStatuses.includes(input.status)) {
      throw new InvalidDeviceError('status', `wants one of ${activationStatuses.join(', ')}`);
    }
    const home = await this.homeOf(actor, input.applicationId);
    const { status } = input;
    const parameters = [...actorParameters(actor), id, checkUserId(input.userId), status, home];
    const [previous] = await this.manager.query<PreviousActivation[]>(
      registerActivationStatement,
      parameters,
    );
    if (previous?.unreachable === true) throw new ActivationNotFoundError(id);
    const { userId } = input;
    const activation = await this.manager.findOneByOrFail(Activation, { id });
    const isAsWanted = activation.userId === userId && activation.status === status;
    if (previous !== undefined || isAsWanted) return activation;
    return this.register(actor, input); // Another was first: now it is there.
  }

  /**
   * Sets an activation's status, by default to the one that its source tells. An unknown activation, and one that has
   * no device, are fine. REMOVED keeps the row, so that a later status brings it back.
   * @returns null for an unknown one, for one out of reach, or when its source has no word
   * @throws ForbiddenError, InvalidDeviceError, ActivationSourceUnavailableError
   */
  async updateStatus(
    actor: Actor,
    activationId: string,
    status?: ActivationStatus,
  ): Promise<Activation | null> {
    actor.demandSomewhere('devices:write');
    const id = checkAnyActivationId(activationId);
    if (status === undefined && !this.source.isRemote) return null;
    const now = status ?? (await this.source.find(id))?.status;
    if (now === undefined) return null;
    const parameters = [...actorParameters(actor), id, now];
    const [previous] = await this.manager.query<PreviousActivation[]>(
      updateStatusStatement,
      parameters,
    );
    if (previous?.unreachable === true) return null;
    return this.manager.findOneBy(Activation, { id });
  }

  /** Asks the source about an activation. @throws ActivationNotActiveError unless it may register in this application */
  private async registrable(activationId: string, applicationId: number): Promise<KnownActivation> {
    const known = await this.source.find(checkActivationId(activationId));
    const isThere = known?.applicationId === undefined || known.applicationId === applicationId;
    if (known === undefined || known.status === 'REMOVED' || !isThere) {
      throw new ActivationNotActiveError();
    }
    return known;
  }

  /** Finds those of the activations that are known here and out of the actor's reach. */
  private async hiddenFrom(
    { applicationIds }: Actor,
    ids: readonly string[],
  ): Promise<ReadonlySet<string>> {
    if (applicationIds === undefined) return new Set();
    const rows = await this.manager.query<{ id: string }[]>(hiddenActivationsStatement, [
      ids,
      applicationIds,
    ]);
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Returns the application that a new activation is at home in; null for none, which is for those of all applications.
   * @throws ForbiddenError, InvalidDeviceError, ApplicationNotFoundError
   */
  private async homeOf(actor: Actor, named: number | undefined): Promise<number | null> {
    const { applicationIds = [] } = actor;
    if (named === undefined) {
      if (applicationIds.length < 2) return applicationIds[0] ?? null;
      throw new InvalidDeviceError('applicationId', 'is wanted, for you reach several');
    }
    actor.demand('devices:write', named);
    const found = isApplicationId(named)
      ? await this.manager.query<unknown[]>('SELECT FROM applications WHERE id = $1', [named])
      : [];
    if (found.length === 0) throw new ApplicationNotFoundError(named);
    return named;
  }
}

/** Returns the address with its token as we keep it. @throws InvalidDeviceError, ApplicationNotFoundError */
function checkAddress({ applicationId, platform, token }: PushAddress): PushAddress {
  const address = { applicationId, platform, token: canonicalToken(platform, token) };
  if (!isApplicationId(applicationId)) throw new ApplicationNotFoundError(applicationId);
  return address;
}

interface PreviousActivation {
  /** Whether nothing was changed, because the actor does not reach its home. */
  readonly unreachable: boolean;
}
