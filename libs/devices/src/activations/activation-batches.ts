import { type Actor, Config, Gathering, preparedQuery, UnitOfWork } from '@app/core';
import { Injectable, Logger } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { deviceRows } from '../device/device-rows';
import type { Device } from '../device/device.entity';
import type { PushAddress } from '../registration/devices.service';
import { refusalOf } from './activation-refusals';
import type { KnownActivation } from './activation-source';
import { registerActivationListStatement } from './activation.statements';
import { registerActivations } from './register-activations';

/** A registration of a token for one activation, whose input is checked. */
export interface ActivationRegistration extends PushAddress {
  readonly actor: Actor;
  readonly activationId: string;
  /** The source's word; undefined where our own table is the source. */
  readonly known: KnownActivation | undefined;
}

/** The device, or why there is none; undefined where there is no such application. */
type Outcome = Device | Error | undefined;

/** PostgreSQL knows 64 subtransactions of a session by heart, and each registration has one. */
const largestBatch = 50;

/**
 * Registers tokens for one activation each, and those that come at the same time with one commit for all, as
 * `RegistrationBatches` does those for users.
 */
@Injectable()
export class ActivationBatches {
  private readonly gathering = new Gathering<ActivationRegistration, Outcome>(
    {
      name: 'registrations with activations',
      largest: largestBatch,
      // None waits for what locks the devices of another application.
      queueOf: ({ applicationId }) => applicationId,
      together: (list) => registerList(this.dataSource.manager, list, this.config.devicesPerUser),
      alone: (one) => this.registerAlone(this.dataSource.manager, one),
    },
    new Logger(ActivationBatches.name),
  );

  constructor(
    private readonly dataSource: DataSource,
    private readonly config: Config,
  ) {}

  /**
   * Registers a token for an activation.
   * @param manager of a transaction, which others can't share, or else the data source's own
   * @returns undefined when there is no such application
   * @throws ActivationNotActiveError, ActivationOutOfReachError, MultipleActivationsError
   */
  async register(
    manager: EntityManager,
    registration: ActivationRegistration,
  ): Promise<Device | undefined> {
    const isInTransaction = manager.queryRunner !== undefined || UnitOfWork.current() !== undefined;
    if (isInTransaction) return this.registerAlone(manager, registration);
    const outcome = await this.gathering.do(registration);
    if (outcome instanceof Error) throw outcome;
    return outcome;
  }

  private registerAlone(
    manager: EntityManager,
    { actor, activationId, known, ...address }: ActivationRegistration,
  ): Promise<Device | undefined> {
    const activations = new Map([[activationId, known]]);
    const { devicesPerUser } = this.config;
    return registerActivations(manager, actor, address, activations, false, devicesPerUser);
  }
}

/** Registers a list, each of which is for the same application. @returns the outcomes in the order of the list */
async function registerList(
  manager: EntityManager,
  list: readonly ActivationRegistration[],
  devicesPerUser: number,
): Promise<Outcome[]> {
  const sorted = [...list].sort(byToken);
  const isOurs = sorted.every(({ known }) => known === undefined);
  const rows = await preparedQuery<Row>(manager, registerActivationListStatement, [
    sorted[0]?.applicationId,
    sorted.map(({ actor }) => actor.kind),
    sorted.map(({ actor }) => actor.id),
    sorted.map(({ actor }) => actor.address ?? null),
    sorted.map(({ actor }) => reachOf(actor)),
    sorted.map(({ platform }) => platform),
    sorted.map(({ token }) => token),
    sorted.map(({ activationId }) => activationId),
    isOurs ? null : sorted.map(({ known }) => known?.userId),
    isOurs ? null : sorted.map(({ known }) => known?.status),
    devicesPerUser,
  ]);
  const outcomes = new Map(
    rows.map((row) => [
      sorted[row.number - 1],
      row.refusal === null ? deviceRows.read(row) : refusalOf(row.refusal),
    ]),
  );
  return list.map((registration) => outcomes.get(registration));
}

/** Compares as PostgreSQL's locks want it: in one order everywhere, whichever that is. */
function byToken({ token: one }: PushAddress, { token: other }: PushAddress): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}

/** Returns an actor's reach as one text, for PostgreSQL's lists of lists are all of one length. */
const reachOf = ({ applicationIds }: Actor) =>
  applicationIds === undefined ? null : `{${applicationIds.join()}}`;

/** What a row has beside the device's columns. */
interface Row {
  /** The place in the list, from 1. */
  readonly number: number;
  /** The SQLSTATE; null when it is registered. */
  readonly refusal: string | null;
}
