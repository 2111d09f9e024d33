import { AuditEvent, auditKeySeals, auditRights } from '@app/audit';
import { Application, applicationSeals, GatewayCredential, PushProfile } from '@app/applications';
import {
  ApiKey,
  ApiKeySecret,
  OAuthClient,
  PushChallenge,
  PushSession,
  Operator,
  OperatorSession,
  RateLimitCounter,
  RefreshToken,
  RevokedToken,
  ServiceAccount,
  UsedAssertion,
} from '@app/auth';
import { Campaign, CampaignUser, Notification } from '@app/campaigns';
import type { Schema } from '@app/core';
import {
  Chunk,
  Delivery,
  Fault,
  Installation,
  Lane,
  LaneAnswers,
  LaneLimit,
  Message,
  providerTokenSeals,
  SharedProviderToken,
} from '@app/delivery';
import { Activation, Device, Profile, Suspect, User } from '@app/devices';
import { idempotencySeals } from '@app/idempotency';
import { PublicKey, SigningKey, signingKeySeals } from '@app/keys';
import { Initial1764633600000 } from './1764633600000-initial';

/** Every table, every step to it, and every column that is sealed. What is new is listed here, and nowhere else. */
export const schema: Schema = {
  entities: [
    AuditEvent,
    PublicKey,
    SigningKey,
    Application,
    GatewayCredential,
    PushProfile,
    User,
    Device,
    Activation,
    Profile,
    Suspect,
    Message,
    Delivery,
    Chunk,
    Lane,
    LaneAnswers,
    LaneLimit,
    Fault,
    Installation,
    SharedProviderToken,
    Campaign,
    CampaignUser,
    Notification,
    Operator,
    OperatorSession,
    RateLimitCounter,
    OAuthClient,
    PushChallenge,
    PushSession,
    RevokedToken,
    UsedAssertion,
    ServiceAccount,
    RefreshToken,
    ApiKey,
    ApiKeySecret,
  ],
  migrations: [Initial1764633600000],
  sealed: [
    ...applicationSeals,
    ...signingKeySeals,
    ...auditKeySeals,
    ...providerTokenSeals,
    ...idempotencySeals,
  ],
  limited: auditRights,
};
