import { AuditModule } from '@app/audit';
import { ApplicationsModule } from '@app/applications';
import { DevicesModule } from '@app/devices';
import { Module } from '@nestjs/common';
import { CampaignDispatcher } from './campaigns/campaign-dispatcher';
import { CampaignSender } from './campaigns/campaign-sender';
import { FollowUp } from './campaigns/follow-up';
import { Recorder } from './campaigns/recorder';
import { Backlog } from './chunks/backlog';
import { CampaignBacklog } from './chunks/campaign-backlog';
import { Chunks } from './chunks/chunks';
import { Claims } from './chunks/claims';
import { Faults } from './chunks/faults';
import { Planner } from './chunks/planner';
import { AnswerWindow } from './doubt/answer-window';
import { Doubt } from './doubt/doubt';
import { LaneLimits } from './lanes/lane-limits';
import { Lanes } from './lanes/lanes';
import { MessageRemoval } from './messages/message-removal';
import { Messages } from './messages/messages';
import { BacklogDispatcher } from './notifications/backlog-dispatcher';
import { NotificationEndings } from './notifications/notification-endings';
import { NotificationRecorder } from './notifications/notification-recorder';
import { NotificationSender } from './notifications/notification-sender';
import { DeliveryLists } from './outcomes/delivery-lists';
import { FirstOutcomes } from './outcomes/first-outcomes';
import { OutcomeSignals } from './outcomes/outcome-signals';
import { ProgressFeed } from './outcomes/progress-feed';
import { TopReasons } from './outcomes/top-reasons';
import { GatewayConnections } from './sending/gateway-connections';
import { Sender } from './sending/sender';
import { SharedProviderTokens } from './sending/shared-provider-tokens';
import { Stopping } from './sending/stopping';

const services = [
  DeliveryLists,
  FirstOutcomes,
  Messages,
  MessageRemoval,
  Planner,
  Backlog,
  Chunks,
  LaneLimits,
  Lanes,
  AnswerWindow,
  BacklogDispatcher,
  CampaignBacklog,
  CampaignDispatcher,
  CampaignSender,
  Claims,
  Faults,
  ProgressFeed,
  Stopping,
  TopReasons,
];

@Module({
  imports: [ApplicationsModule, AuditModule, DevicesModule],
  providers: [
    ...services,
    Doubt,
    FollowUp,
    GatewayConnections,
    NotificationEndings,
    NotificationRecorder,
    NotificationSender,
    OutcomeSignals,
    Recorder,
    Sender,
    SharedProviderTokens,
  ],
  exports: services,
})
export class DeliveryModule {}
