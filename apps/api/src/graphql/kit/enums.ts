import type { TimestampUnit } from '@app/applications';
import type { AuditEvent } from '@app/audit';
import type { LoginMode, Role } from '@app/auth';
import type { ActorKind, Gateway, ListOrder, Platform } from '@app/core';
import type { DeliveryState, Message, MessageState } from '@app/delivery';
import type { ActivationStatus } from '@app/devices';
import type { PublicKey } from '@app/keys';
import type { ApnsEnvironment } from '@app/push';
import { registerEnumType } from '@nestjs/graphql';

type Values<Value extends string> = Record<Uppercase<Value>, Value>;

export const PlatformEnum: Values<Platform> = { IOS: 'ios', ANDROID: 'android' };
registerEnumType(PlatformEnum, {
  name: 'Platform',
  description: 'The platform of a device. It decides the gateway.',
  valuesMap: {
    IOS: { description: 'Apple; reached through APNs.' },
    ANDROID: { description: 'Android; reached through FCM.' },
  },
});

export const GatewayEnum: Values<Gateway> = { APNS: 'apns', FCM: 'fcm' };
registerEnumType(GatewayEnum, {
  name: 'Gateway',
  description: 'Who brings a message to the device.',
  valuesMap: {
    APNS: { description: 'Apple Push Notification service.' },
    FCM: { description: 'Firebase Cloud Messaging.' },
  },
});

export const ApnsEnvironmentEnum: Values<ApnsEnvironment> = {
  PRODUCTION: 'production',
  DEVELOPMENT: 'development',
};
registerEnumType(ApnsEnvironmentEnum, {
  name: 'ApnsEnvironment',
  description: 'Which of the two APNs services an app build belongs to.',
  valuesMap: {
    PRODUCTION: { description: 'App Store, TestFlight and enterprise builds.' },
    DEVELOPMENT: { description: 'Builds signed for development.' },
  },
});

export const ActivationStatusEnum: Values<ActivationStatus> = {
  CREATED: 'CREATED',
  PENDING_COMMIT: 'PENDING_COMMIT',
  ACTIVE: 'ACTIVE',
  BLOCKED: 'BLOCKED',
  REMOVED: 'REMOVED',
};
registerEnumType(ActivationStatusEnum, {
  name: 'ActivationStatus',
  description: 'How far the pairing of a user and a device is.',
  valuesMap: {
    CREATED: { description: 'Begun.' },
    PENDING_COMMIT: { description: 'Waits to be confirmed.' },
    ACTIVE: { description: 'In use: the only status that gets personal messages.' },
    BLOCKED: { description: 'Suspended; may become active again.' },
    REMOVED: { description: 'Over for ever; gets no message.' },
  },
});

export const MessageStateEnum: Values<MessageState> = {
  DRAFT: 'draft',
  PLANNING: 'planning',
  RUNNING: 'running',
  PAUSED: 'paused',
  CANCELLED: 'cancelled',
  COMPLETED: 'completed',
};
registerEnumType(MessageStateEnum, {
  name: 'MessageState',
  description: 'How far the sending of a message is.',
  valuesMap: {
    DRAFT: { description: 'Not launched; its audience may change.' },
    PLANNING: { description: 'Launched; its audience is being frozen into deliveries.' },
    RUNNING: { description: 'Its deliveries are being sent.' },
    PAUSED: { description: 'Nothing is sent until it is resumed.' },
    CANCELLED: { description: 'Over; what was not sent is skipped.' },
    COMPLETED: { description: 'Over; every delivery has its final state.' },
  },
});

export const DeliveryStateEnum: Values<DeliveryState> = {
  PENDING: 'pending',
  ACCEPTED: 'accepted',
  FAILED: 'failed',
  SKIPPED: 'skipped',
  EXPIRED: 'expired',
};
registerEnumType(DeliveryStateEnum, {
  name: 'DeliveryState',
  description: 'What became of a delivery. All states but PENDING are final.',
  valuesMap: {
    PENDING: { description: 'Not sent yet, or to be sent again.' },
    ACCEPTED: { description: 'The gateway took it.' },
    FAILED: { description: 'The gateway refused it; the reason says why.' },
    SKIPPED: { description: 'Never sent; the reason says why.' },
    EXPIRED: { description: 'Its time ran out before a gateway took it.' },
  },
});

export const RoleEnum: Values<Role> = {
  OWNER: 'OWNER',
  ADMIN: 'ADMIN',
  EDITOR: 'EDITOR',
  VIEWER: 'VIEWER',
};
registerEnumType(RoleEnum, {
  name: 'Role',
  description: 'What an operator may do.',
  valuesMap: {
    OWNER: { description: 'Everything.' },
    ADMIN: { description: 'Everything but operators.' },
    EDITOR: { description: 'Devices, messages and campaigns.' },
    VIEWER: { description: 'To see applications, devices and campaigns.' },
  },
});

export const ActorKindEnum: Values<ActorKind> = {
  OPERATOR: 'operator',
  CLIENT: 'client',
  SERVICE_ACCOUNT: 'service_account',
  API_KEY: 'api_key',
  USER: 'user',
  PROFILE: 'profile',
  ANONYMOUS: 'anonymous',
  SYSTEM: 'system',
};
registerEnumType(ActorKindEnum, {
  name: 'ActorKind',
  description: 'A kind of caller.',
  valuesMap: {
    OPERATOR: { description: 'A person who runs Carillon.' },
    CLIENT: { description: 'An OAuth client.' },
    SERVICE_ACCOUNT: { description: 'A service account.' },
    API_KEY: { description: 'A machine, by an API key.' },
    USER: { description: 'A user of an app, by a signed user token.' },
    PROFILE: { description: 'A user of an app, by a push session.' },
    ANONYMOUS: { description: 'One who has shown nothing.' },
    SYSTEM: { description: 'Carillon itself, e.g. applying the provisioning file.' },
  },
});

export const AuditOutcomeEnum: Values<AuditEvent['outcome']> = {
  SUCCESS: 'success',
  FAILURE: 'failure',
};
registerEnumType(AuditOutcomeEnum, {
  name: 'AuditOutcome',
  description: 'How an attempt ended.',
  valuesMap: {
    SUCCESS: { description: 'It was done.' },
    FAILURE: { description: 'It was refused.' },
  },
});

export const TimestampUnitEnum: Values<TimestampUnit> = { AUTO: 'auto', SECONDS: 'seconds' };
registerEnumType(TimestampUnitEnum, {
  name: 'TimestampUnit',
  description: 'Which times the tokens of push profiles may hold.',
  valuesMap: {
    AUTO: { description: "Seconds, or milliseconds as Dotdigital's sample for Android has them." },
    SECONDS: { description: 'Seconds only, as RFC 7519 wants them.' },
  },
});

export const KeySourceEnum: Values<PublicKey['source']> = {
  X509: 'x509',
  SPKI: 'spki',
  PKCS1: 'pkcs1',
};
registerEnumType(KeySourceEnum, {
  name: 'KeySource',
  description: 'What a public key was uploaded as.',
  valuesMap: {
    X509: { description: 'A certificate, whose dates count.' },
    SPKI: { description: 'A public key of any kind, RFC 5280.' },
    PKCS1: { description: 'An RSA public key, RFC 8017.' },
  },
});

type PushPriority = NonNullable<Message['content']['priority']>;
export const PushPriorityEnum: Values<PushPriority> = { NORMAL: 'normal', HIGH: 'high' };
registerEnumType(PushPriorityEnum, {
  name: 'PushPriority',
  description: 'How urgent a message is to the phone.',
  valuesMap: {
    NORMAL: { description: 'May wait until the phone is awake.' },
    HIGH: { description: 'At once. What is silent is never that urgent on APNs.' },
  },
});

export const LoginModeEnum: Values<LoginMode> = {
  ASSERTION_ONLY: 'assertion_only',
  SIGNED: 'signed',
  LEGACY_PUBLIC_KEY: 'legacy_public_key',
};
registerEnumType(LoginModeEnum, {
  name: 'LoginMode',
  description: 'What a service account has to show to get in.',
  valuesMap: {
    ASSERTION_ONLY: { description: 'An assertion that it signed (RFC 7523).' },
    SIGNED: { description: 'An assertion, or a signature of its request in X-Signature.' },
    LEGACY_PUBLIC_KEY: {
      description: 'Its public key alone, which is no secret; for clients that can do no better.',
    },
  },
});

export const ListOrderEnum: Record<'NEWEST_FIRST' | 'OLDEST_FIRST', ListOrder> = {
  NEWEST_FIRST: 'newest',
  OLDEST_FIRST: 'oldest',
};
registerEnumType(ListOrderEnum, {
  name: 'ListOrder',
  description: 'Which end of a list comes first.',
  valuesMap: {
    NEWEST_FIRST: { description: 'What was created last.' },
    OLDEST_FIRST: { description: 'What was created first.' },
  },
});
