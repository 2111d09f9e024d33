import { ApplicationStore, InvalidApplicationError, type Application } from '@app/applications';
import { Audit, differences } from '@app/audit';
import { type Actor, type Gateway, gateways, inTransaction } from '@app/core';
import { gatewayKinds } from '@app/push';
import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';

/** The pace of each of an application's lanes, in messages per second; 0 is unlimited. */
export type Limits = { readonly [G in Gateway as `${G}PerSecond`]: number };

const highest = 1_000_000;

/** Says how fast each application may send to each gateway. */
@Injectable()
export class LaneLimits {
  private readonly manager: EntityManager;

  constructor(
    dataSource: DataSource,
    private readonly applications: ApplicationStore,
    private readonly audit: Audit,
  ) {
    this.manager = dataSource.manager;
  }

  /** Returns the same service, which works in this transaction. */
  within(manager: EntityManager): this {
    return inTransaction(this, manager);
  }

  /** By application. Nobody's permission is asked here: whoever has an application got it from a service that did. */
  async of(applicationIds: readonly number[]): Promise<Map<number, Limits>> {
    const rows = await this.rowsOf(this.manager, applicationIds);
    return new Map(
      applicationIds.map((id) => [
        id,
        limitsOf(rows.filter(({ applicationId }) => applicationId === id)),
      ]),
    );
  }

  /**
   * What is absent stays as it is; what is so already changes nothing, and leaves no trace.
   * @throws ForbiddenError, InvalidApplicationError, ApplicationNotFoundError
   */
  async set(actor: Actor, applicationId: number, changes: Partial<Limits>): Promise<Application> {
    actor.demand('applications:write', applicationId);
    for (const name of names) checkLimit(name, changes[name]);
    return this.manager.transaction(async (transaction) => {
      const application = await this.applications.lock(transaction, applicationId);
      const limits = limitsOf(await this.rowsOf(transaction, [applicationId]));
      const states = differences(limits, { ...limits, ...definedOf(changes) }, names);
      if (states === undefined) return application;
      for (const gateway of gateways) {
        const perSecond = states.after[nameOf(gateway)];
        if (perSecond === undefined) continue;
        await transaction.query(setStatement, [applicationId, gateway, perSecond]);
      }
      const target = `application:${applicationId}`;
      const event = { action: 'application.limits', target, applicationId, ...states };
      await this.audit.record(actor, event, transaction);
      return application;
    });
  }

  private async rowsOf(
    manager: EntityManager,
    applicationIds: readonly number[],
  ): Promise<LimitRow[]> {
    return manager.query<LimitRow[]>(
      `SELECT application_id AS "applicationId", gateway, per_second AS "perSecond" FROM lane_limits
       WHERE application_id = ANY ($1::int[])`,
      [applicationIds],
    );
  }
}

interface LimitRow {
  readonly applicationId: number;
  readonly gateway: Gateway;
  readonly perSecond: number;
}

/** By another pace the permits fall due at other times: those that were given out ahead have fallen. */
const setStatement = `
  WITH lane AS (
    UPDATE lanes SET next_at = least(next_at, clock_timestamp()) WHERE application_id = $1 AND gateway = $2
  )
  INSERT INTO lane_limits (application_id, gateway, per_second) VALUES ($1, $2, $3)
  ON CONFLICT (application_id, gateway) DO UPDATE SET per_second = excluded.per_second`;

const nameOf = <G extends Gateway>(gateway: G) => `${gateway}PerSecond` as const;
const names = gateways.map(nameOf);

const definedOf = (changes: Partial<Limits>): Partial<Limits> =>
  Object.fromEntries(
    Object.entries<number | undefined>(changes).filter(([, perSecond]) => perSecond !== undefined),
  );

function limitsOf(rows: readonly LimitRow[]): Limits {
  return Object.fromEntries(
    gateways.map((gateway) => [
      nameOf(gateway),
      rows.find((row) => row.gateway === gateway)?.perSecond ?? gatewayKinds[gateway].perSecond,
    ]),
  ) as Limits;
}

/** @throws InvalidApplicationError */
function checkLimit(name: string, perSecond: number | undefined): void {
  if (perSecond === undefined) return;
  if (Number.isInteger(perSecond) && perSecond >= 0 && perSecond <= highest) return;
  throw new InvalidApplicationError(name, `wants a whole number from 0 (unlimited) to ${highest}`);
}
