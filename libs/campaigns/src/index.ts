export * from './campaign-user.entity';
export * from './campaign.entity';
export * from './campaigns.errors';
export * from './campaigns.module';
export * from './campaigns.service';
export * from './notification.entity';
export * from './notifications.service';
