import { ApplicationsResolver } from '../applications/applications.resolver';
import { CampaignsResolver } from '../campaigns/campaigns.resolver';
import { DeliveriesResolver } from '../deliveries/deliveries.resolver';
import { DevicesResolver } from '../devices/devices.resolver';
import { LanesResolver } from '../lanes/lanes.resolver';
import { NotificationsResolver } from '../notifications/notifications.resolver';

/** The schema is what these declare. */
export const resolvers = [
  ApplicationsResolver,
  DevicesResolver,
  NotificationsResolver,
  CampaignsResolver,
  DeliveriesResolver,
  LanesResolver,
];
