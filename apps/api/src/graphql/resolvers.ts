import { ActivationsResolver } from '../devices/activations.resolver';
import { ApplicationsResolver } from '../applications/applications.resolver';
import { AuditResolver } from '../audit/audit.resolver';
import { CampaignProgressResolver } from '../campaigns/campaign-progress.resolver';
import { CampaignUsersResolver } from '../campaigns/campaign-users.resolver';
import { CampaignsResolver } from '../campaigns/campaigns.resolver';
import { ClientsResolver } from '../clients/clients.resolver';
import { DeliveriesResolver } from '../deliveries/deliveries.resolver';
import { DeviceImportsResolver } from '../devices/device-imports.resolver';
import { DevicesResolver } from '../devices/devices.resolver';
import { KeysResolver } from '../keys/keys.resolver';
import { UserKeysResolver } from '../keys/user-keys.resolver';
import { LanesResolver } from '../lanes/lanes.resolver';
import { MeResolver } from '../me/me.resolver';
import { MyNotificationsResolver } from '../me/my-notifications.resolver';
import { SendingsResolver } from '../messages/sendings.resolver';
import { NotificationsResolver } from '../notifications/notifications.resolver';
import { ProfilesResolver } from '../profiles/profiles.resolver';
import { PushProfilesResolver } from '../push-profiles/push-profiles.resolver';
import { OperatorsResolver } from '../operators/operators.resolver';
import { SessionsResolver } from '../operators/sessions.resolver';
import { UsersResolver } from '../users/users.resolver';
import { ViewerResolver } from '../viewer/viewer.resolver';
import { ServiceAccountsResolver } from '../service-accounts/service-accounts.resolver';

/** The schema is what these declare. */
export const resolvers = [
  ApplicationsResolver,
  DeviceImportsResolver,
  DevicesResolver,
  ActivationsResolver,
  UsersResolver,
  MeResolver,
  MyNotificationsResolver,
  SendingsResolver,
  NotificationsResolver,
  CampaignsResolver,
  CampaignUsersResolver,
  CampaignProgressResolver,
  DeliveriesResolver,
  LanesResolver,
  OperatorsResolver,
  SessionsResolver,
  ViewerResolver,
  AuditResolver,
  PushProfilesResolver,
  ProfilesResolver,
  ClientsResolver,
  KeysResolver,
  UserKeysResolver,
  ServiceAccountsResolver,
];
