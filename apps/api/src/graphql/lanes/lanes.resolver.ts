import { ApplicationsService } from '@app/applications';
import { type Actor, Clock } from '@app/core';
import { type Lane, Lanes } from '@app/delivery';
import { Args, ID, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { ApplicationType } from '../applications/application.type';
import type { RequestContext } from '../kit/request-context';
import { OptionalNumericIdPipe } from '../../http/numeric-id';
import { DateTime } from '../kit/scalars';
import { BreakerType, LaneDoubtType, LaneFaultType, LaneType } from './lane.type';

@Resolver(() => LaneType)
export class LanesResolver {
  constructor(
    private readonly applications: ApplicationsService,
    private readonly lanes: Lanes,
    private readonly clock: Clock,
  ) {}

  @Allow('applications:read')
  @Query(() => [LaneType], {
    name: 'lanes',
    description: 'The lanes of applications that sent something, by application and APNs first.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args(
      'applicationId',
      {
        type: () => ID,
        nullable: true,
        description: 'Those of this application; all that the caller may touch when absent.',
      },
      OptionalNumericIdPipe,
    )
    applicationId?: number,
  ): Promise<LaneType[]> {
    if (applicationId !== undefined) await this.applications.get(actor, applicationId);
    return this.lanes.list(actor, applicationId);
  }

  @Allow('applications:read')
  @ResolveField(() => ApplicationType, { description: 'The application.' })
  application(
    { applicationId }: Lane,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<ApplicationType | null> {
    return loaders.applications.load(applicationId);
  }

  @ResolveField(() => BreakerType, {
    nullable: true,
    description: 'Why nothing is sent until it closes; null while it is closed.',
  })
  async breaker(lane: Lane, _: unknown, { loaders }: RequestContext): Promise<BreakerType | null> {
    const { applicationId, gateway, openVersion, openedAt, openReason } = lane;
    const credential = await loaders.credentials[gateway].load(applicationId);
    // It accuses one version of the credentials; others find it closed.
    if (openedAt === null || openReason === null || openVersion !== credential?.version)
      return null;
    const { deliveryId = null, deviceId = null } = this.lanes.witnessOf(lane) ?? {};
    return { since: openedAt, reason: openReason, deliveryId, deviceId };
  }

  @ResolveField(() => LaneDoubtType, {
    nullable: true,
    description:
      'How much there is to doubt the credentials of which it makes use; null without credentials.',
  })
  async doubt(
    { applicationId, gateway }: Lane,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<LaneDoubtType | null> {
    const credential = await loaders.credentials[gateway].load(applicationId);
    if (credential === null) return null;
    const { version, realm } = credential;
    return loaders.laneWindows.load({ applicationId, gateway, version, realm });
  }

  @ResolveField(() => LaneFaultType, {
    nullable: true,
    description: 'What fails by a fault of the server; null while nothing does.',
  })
  async fault(
    { applicationId, gateway }: Lane,
    _: unknown,
    { actor, loaders }: RequestContext,
  ): Promise<LaneFaultType | null> {
    const faults = await loaders.laneFaults.load(applicationId);
    const fault = faults.find((found) => found.gateway === gateway);
    if (fault === undefined) return null;
    // It may quote what a statement was about.
    const reason = actor.kind === 'operator' ? fault.reason : 'Internal error';
    return { at: fault.failedAt, reason };
  }

  @ResolveField(() => DateTime, {
    nullable: true,
    description: 'Until when it waits because the gateway asked for it or can’t be reached.',
  })
  pausedUntil({ pausedUntil }: Lane): Date | null {
    return pausedUntil > this.clock.now() ? pausedUntil : null;
  }
}
