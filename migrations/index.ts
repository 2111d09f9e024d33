import { AuditEvent } from '@app/audit';
import { ApnsCredential, Application, FcmCredential, PushProfile } from '@app/applications';
import {
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
  Message,
  ProviderToken,
} from '@app/delivery';
import { Activation, Device, Profile, Suspect, User } from '@app/devices';
import { PublicKey, SigningKey } from '@app/keys';
import { Initial1763683200000 } from './1763683200000-initial';
import { Auth1763726400000 } from './1763726400000-auth';
import { GraphQL1763730000000 } from './1763730000000-graphql';
import { DoneKeys1764460800000 } from './1764460800000-done-keys';
import { RegisteredDevices1764460800001 } from './1764460800001-registered-devices';
import { Doubt1764464400000 } from './1764464400000-doubt';
import { LaneAccusers1764468000000 } from './1764468000000-lane-accusers';
import { LaneLimits1764468000001 } from './1764468000001-lane-limits';
import { ChunksInDoubt1764468000002 } from './1764468000002-chunks-in-doubt';
import { Faults1764471600000 } from './1764471600000-faults';
import { SafeStarts1764475200000 } from './1764475200000-safe-starts';
import { DeliveriesInDoubt1764561600000 } from './1764561600000-deliveries-in-doubt';

/** Every table and every step to it. A new entity or migration is listed here, and nowhere else. */
export const schema: Schema = {
  entities: [
    AuditEvent,
    PublicKey,
    SigningKey,
    Application,
    ApnsCredential,
    FcmCredential,
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
    Fault,
    Installation,
    ProviderToken,
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
  ],
  migrations: [
    Initial1763683200000,
    Auth1763726400000,
    GraphQL1763730000000,
    DoneKeys1764460800000,
    RegisteredDevices1764460800001,
    Doubt1764464400000,
    LaneAccusers1764468000000,
    LaneLimits1764468000001,
    ChunksInDoubt1764468000002,
    Faults1764471600000,
    SafeStarts1764475200000,
    DeliveriesInDoubt1764561600000,
  ],
};
