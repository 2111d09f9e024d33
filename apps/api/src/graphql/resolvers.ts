import { ApplicationsResolver } from '../applications/applications.resolver';
import { AuditResolver } from '../audit/audit.resolver';
import { CampaignsResolver } from '../campaigns/campaigns.resolver';
import { DeliveriesResolver } from '../deliveries/deliveries.resolver';
import { DevicesResolver } from '../devices/devices.resolver';
import { LanesResolver } from '../lanes/lanes.resolver';
import { NotificationsResolver } from '../notifications/notifications.resolver';
import { ProfilesResolver } from '../profiles/profiles.resolver';
import { PushProfilesResolver } from '../push-profiles/push-profiles.resolver';
import { OperatorsResolver } from '../operators/operators.resolver';
import { SessionsResolver } from '../operators/sessions.resolver';
import { ViewerResolver } from '../viewer/viewer.resolver';

/** The schema is what these declare. */
export const resolvers = [
  ApplicationsResolver,
  DevicesResolver,
  NotificationsResolver,
  CampaignsResolver,
  DeliveriesResolver,
  LanesResolver,
  OperatorsResolver,
  SessionsResolver,
  ViewerResolver,
  AuditResolver,
  PushProfilesResolver,
  ProfilesResolver,
];
