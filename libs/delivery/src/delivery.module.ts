import { AuditModule } from '@app/audit';
import { ApplicationsModule } from '@app/applications';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { Chunks } from './chunks';
import { DeliveriesService } from './deliveries.service';
import { Dispatcher } from './dispatcher';
import { AnswerWindow } from './doubt/answer-window';
import { Doubt } from './doubt/doubt';
import { Faults } from './faults';
import { FirstOutcomes } from './first-outcomes';
import { FollowUp } from './follow-up';
import { GatewayConnections } from './gateway-connections';
import { LaneLimits } from './lane-limits';
import { Lanes } from './lanes';
import { MessageRemoval } from './message-removal';
import { Messages } from './messages';
import { OutcomeSignals } from './outcome-signals';
import { Planner } from './planner';
import { ProgressFeed } from './progress-feed';
import { Recorder } from './recorder';
import { SharedProviderTokens } from './shared-provider-tokens';
import { TopReasons } from './top-reasons';

const services = [
  DeliveriesService,
  FirstOutcomes,
  Messages,
  MessageRemoval,
  Planner,
  Chunks,
  LaneLimits,
  Lanes,
  AnswerWindow,
  Dispatcher,
  Faults,
  ProgressFeed,
  TopReasons,
];

@Module({
  imports: [ApplicationsModule, AuditModule, DevicesModule],
  providers: [
    ...services,
    Doubt,
    FollowUp,
    GatewayConnections,
    OutcomeSignals,
    Recorder,
    SharedProviderTokens,
  ],
  exports: services,
})
export class DeliveryModule {}
