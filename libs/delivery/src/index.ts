export * from './message.entity';
export * from './delivery.entity';
export * from './chunk.entity';
export * from './lane.entity';
