import type { OpenChallenge, PushSession } from '@app/auth';
import type { Profile } from '@app/devices';

/** Shows a challenge. Dates have milliseconds and a Z, for the mobile SDKs parse only that. */
export const challengeView = ({ id, nonce, expiresAt }: OpenChallenge) => ({
  authenticationId: id,
  provider: 'jsonWebToken',
  nonce,
  expiresOn: expiresAt.toISOString(),
});

/** Shows a session that is alive. */
export const sessionView = (session: PushSession) => ({
  id: session.id,
  profileId: session.userId,
  deviceId: session.clientDeviceId,
  platform: session.platform,
  platformVersion: session.platformVersion,
  sdkType: session.sdkType,
  sdkVersion: session.sdkVersion,
  sourceIp: session.sourceIp,
  isActive: true,
  createdOn: session.createdAt.toISOString(),
  expiresOn: session.expiresAt.toISOString(),
});

export const profileView = ({ userId, attributes, createdAt, updatedAt }: Profile) => ({
  ...attributes,
  id: userId,
  _createdOn: createdAt.toISOString(),
  _updatedOn: updatedAt.toISOString(),
});
