export * from './campaigns/campaign-dispatcher';
export { CampaignSender } from './campaigns/campaign-sender';
export { Chunk } from './chunks/chunk.entity';
export { Backlog, backlogQueue } from './chunks/backlog';
export { CampaignBacklog, campaignQueue } from './chunks/campaign-backlog';
export { Chunks } from './chunks/chunks';
export { type ChunkRef, Claims } from './chunks/claims';
export * from './chunks/fault.entity';
export { Faults } from './chunks/faults';
export type { BacklogRef } from './chunks/lane-wakeups';
export * from './chunks/planner';
export { storeTransactional } from './chunks/transactional.statements';
export * from './delivery.module';
export * from './destination';
export { AnswerWindow, type LaneKey } from './doubt/answer-window';
export * from './doubt/lane-answers.entity';
export * from './installation.entity';
export * from './lanes/lane-limit.entity';
export * from './lanes/lane-limits';
export * from './lanes/lane.entity';
export { Lanes, type Lease, type LeaseRequest } from './lanes/lanes';
export type { DeliveryCounts } from './messages/delivery-counts';
export { Delivery, type DeliveryState } from './messages/delivery.entity';
export { MessageRemoval } from './messages/message-removal';
export {
  Message,
  type MessagePriority,
  type MessageState,
  messageStates,
} from './messages/message.entity';
export { Messages } from './messages/messages';
export { assertChangeable } from './messages/transitions';
export * from './notifications/backlog-dispatcher';
export * from './outcomes/delivery-lists';
export * from './outcomes/first-outcomes';
export * from './outcomes/progress-feed';
export * from './outcomes/sending-position';
export * from './outcomes/top-reasons';
export * from './sending/shared-provider-token.entity';
export { providerTokenSeals } from './sending/shared-provider-tokens';
export { Stopping } from './sending/stopping';
export { showsNothing, validateContent } from '@app/push';
