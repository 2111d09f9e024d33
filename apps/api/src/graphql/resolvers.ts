import { ApiKeysResolver } from './api-keys/api-keys.resolver';
import { ApplicationsResolver } from './applications/applications.resolver';
import { AuditResolver } from './audit/audit.resolver';
import { CampaignProgressResolver } from './campaigns/campaign-progress.resolver';
import { CampaignUsersResolver } from './campaigns/campaign-users.resolver';
import { CampaignsResolver } from './campaigns/campaigns.resolver';
import { ClientsResolver } from './clients/clients.resolver';
import { DeliveriesResolver } from './deliveries/deliveries.resolver';
import { ActivationsResolver } from './devices/activations.resolver';
import { DeviceImportsResolver } from './devices/device-imports.resolver';
import { DevicesResolver } from './devices/devices.resolver';
import { KeysResolver } from './keys/keys.resolver';
import { LanesResolver } from './lanes/lanes.resolver';
import { ActivationLinksResolver } from './links/activation-links.resolver';
import { ApplicationLinksResolver } from './links/application-links.resolver';
import { DeliveryLinksResolver } from './links/delivery-links.resolver';
import { DeviceLinksResolver } from './links/device-links.resolver';
import { NotificationLinksResolver } from './links/notification-links.resolver';
import { SendingLinksResolver } from './links/sending-links.resolver';
import { UserLinksResolver } from './links/user-links.resolver';
import { MeResolver } from './me/me.resolver';
import { MyNotificationsResolver } from './me/my-notifications.resolver';
import { SendingsResolver } from './messages/sendings.resolver';
import { NotificationsResolver } from './notifications/notifications.resolver';
import { OperatorsResolver } from './operators/operators.resolver';
import { SessionsResolver } from './operators/sessions.resolver';
import { ProfilesResolver } from './profiles/profiles.resolver';
import { PushProfilesResolver } from './push-profiles/push-profiles.resolver';
import { ServiceAccountsResolver } from './service-accounts/service-accounts.resolver';
import { PersonalDataResolver } from './users/personal-data.resolver';
import { UsersResolver } from './users/users.resolver';
import { ViewerResolver } from './viewer/viewer.resolver';

/** The resolvers that declare the schema. */
export const resolvers = [
  ApplicationsResolver,
  DeviceImportsResolver,
  DevicesResolver,
  ActivationsResolver,
  UsersResolver,
  PersonalDataResolver,
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
  ApiKeysResolver,
  ClientsResolver,
  KeysResolver,
  ServiceAccountsResolver,
  ActivationLinksResolver,
  ApplicationLinksResolver,
  DeliveryLinksResolver,
  DeviceLinksResolver,
  NotificationLinksResolver,
  SendingLinksResolver,
  UserLinksResolver,
];
