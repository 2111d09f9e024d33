export * from './campaign.entity';
export * from './campaign-user.entity';
export * from './notification.entity';
