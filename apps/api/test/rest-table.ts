import type { Permission } from '@app/core';
import { apnsKey, fcmInput, type Tenancy } from './two-applications';

/** The routes that let in whoever comes, and why. Each GET is also a HEAD. */
export const openRoutes: readonly string[] = [
  'GET /', // leads to the playground
  'GET /healthz', // load balancers have no token
  'GET /readyz',
  'GET /docs', // tells no more than the repository does
  'GET /openapi.json',
  'GET /.well-known/oauth-authorization-server',
  'GET /.well-known/jwks.json',
  'POST /api/oauth/token', // here tokens are got
  'POST /api/oauth/revoke', // who holds a token may end it
  'POST /auth/token',
  'POST /auth/token/refresh',
  'POST /auth/token/revoke',
  'GET /apispaces/:apiSpaceId/sessions/start',
  'POST /apispaces/:apiSpaceId/sessions',
  'GET /push/service/status', // as the page has it
  'GET /playground/:name',
  // Each field of the schema has its own permission.
  'GET /graphql',
  'POST /graphql',
];

/** What an access token wants for a route of PowerAuth's, and a request that is right, about aleph. */
interface PowerAuthRoute {
  readonly scope: Permission;
  readonly path?: (aleph: Tenancy) => string;
  /** The `requestObject`, or where the page has no envelope the body. */
  readonly body?: (aleph: Tenancy) => unknown;
  /**
   * What a client of beth gets: a list without aleph's, 200 as for whatever is not there, or, where it is about all
   * applications, 403; else it is not found.
   */
  readonly elsewhere?: 'a list' | 'as if done' | 'forbidden';
}

const appId = ({ applicationId }: Tenancy) => Number(applicationId);
const enveloped = (object: (aleph: Tenancy) => unknown) => (aleph: Tenancy) => ({
  requestObject: object(aleph),
});
const ofApp = enveloped((aleph) => ({ id: appId(aleph) }));
const campaign = (before: string, after: string) => (aleph: Tenancy) =>
  before + aleph.draft + after;
const users = enveloped(({ userId }) => [userId]);
const message = ({ userId }: Tenancy) => ({ userId, body: { title: 'New' } });

/** By the path that Fastify has, for all verbs that it takes. */
export const powerAuthRoutes: Readonly<Record<string, PowerAuthRoute>> = {
  '/push/device/create': {
    scope: 'devices:write',
    body: enveloped((aleph) => ({
      appId: appId(aleph),
      token: 'new-token',
      platform: 'android',
      activationId: aleph.activationId,
    })),
  },
  '/push/device/create/multi': {
    scope: 'devices:write',
    body: enveloped((aleph) => ({
      appId: appId(aleph),
      token: 'new-token',
      platform: 'android',
      activationIds: [aleph.activationId],
    })),
  },
  '/push/device/remove': {
    scope: 'devices:write',
    body: enveloped((aleph) => ({ appId: appId(aleph), token: aleph.deviceToken })),
  },
  '/push/device/delete': {
    scope: 'devices:write',
    body: enveloped((aleph) => ({ appId: appId(aleph), token: aleph.deviceToken })),
  },
  '/push/device/status/update': {
    scope: 'devices:write',
    elsewhere: 'as if done',
    body: ({ activationId }) => ({ activationId, activationStatus: 'BLOCKED' }),
  },
  '/push/message/send': {
    scope: 'messages:send',
    body: enveloped((aleph) => ({ appId: appId(aleph), message: message(aleph) })),
  },
  '/push/message/batch/send': {
    scope: 'messages:send',
    body: enveloped((aleph) => ({ appId: appId(aleph), batch: [message(aleph)] })),
  },
  '/push/campaign/create': {
    scope: 'campaigns:write',
    body: enveloped((aleph) => ({ appId: appId(aleph), message: { title: 'New' } })),
  },
  '/push/campaign/:id/delete': {
    scope: 'campaigns:write',
    path: campaign('/push/campaign/', '/delete'),
    elsewhere: 'as if done',
  },
  '/push/campaign/:id/detail': {
    scope: 'campaigns:read',
    path: campaign('/push/campaign/', '/detail'),
  },
  '/push/campaign/list': {
    scope: 'campaigns:read',
    path: () => '/push/campaign/list?all=true',
    elsewhere: 'a list',
  },
  '/push/campaign/:id/user/add': {
    scope: 'campaigns:write',
    path: campaign('/push/campaign/', '/user/add'),
    body: enveloped(() => ['somebody']),
  },
  '/push/campaign/:id/user/list': {
    scope: 'campaigns:read',
    path: campaign('/push/campaign/', '/user/list?page=0&size=10'),
    elsewhere: 'a list',
  },
  '/push/campaign/:id/user/delete': {
    scope: 'campaigns:write',
    path: campaign('/push/campaign/', '/user/delete'),
    body: users,
    elsewhere: 'as if done',
  },
  '/push/campaign/send/test/:id': {
    scope: 'campaigns:send',
    path: campaign('/push/campaign/send/test/', ''),
    body: enveloped(({ userId }) => ({ userId })),
  },
  '/push/campaign/send/live/:id': {
    scope: 'campaigns:send',
    path: campaign('/push/campaign/send/live/', ''),
  },
  '/admin/app/list': { scope: 'applications:read', elsewhere: 'a list' },
  '/admin/app/unconfigured/list': { scope: 'applications:read', elsewhere: 'a list' },
  '/admin/app/detail': {
    scope: 'applications:read',
    body: enveloped((aleph) => ({ id: appId(aleph), includeIos: true, includeAndroid: true })),
  },
  '/admin/app/create': {
    scope: 'applications:write',
    elsewhere: 'forbidden',
    body: enveloped(() => ({ appId: 77 })),
  },
  '/admin/app/ios/update': {
    scope: 'credentials:write',
    body: enveloped((aleph) => ({
      id: appId(aleph),
      bundle: 'com.example.new',
      keyId: 'KEY',
      teamId: 'TEAM',
      environment: 'production',
      privateKeyBase64: Buffer.from(apnsKey).toString('base64'),
    })),
  },
  '/admin/app/ios/remove': { scope: 'credentials:write', body: ofApp },
  '/admin/app/android/update': {
    scope: 'credentials:write',
    body: enveloped((aleph) => ({
      id: appId(aleph),
      projectId: 'new-project',
      privateKeyBase64: Buffer.from(fcmInput('new').serviceAccount).toString('base64'),
    })),
  },
  '/admin/app/android/remove': { scope: 'credentials:write', body: ofApp },
};

interface ComapiRoute {
  readonly verb: string;
  readonly body?: object;
  readonly status: number;
}

const device = { fcm: { package: 'com.example.aleph', registrationId: 'new-token' } };

/** What a push session is for, by the path that Fastify has. */
export const comapiRoutes: Readonly<Record<string, readonly ComapiRoute[]>> = {
  '/apispaces/:apiSpaceId/sessions/:sessionId': [
    { verb: 'GET', status: 200 },
    { verb: 'DELETE', status: 204 },
  ],
  '/apispaces/:apiSpaceId/sessions/:sessionId/push': [
    { verb: 'PUT', body: device, status: 200 },
    { verb: 'DELETE', status: 204 },
  ],
  '/apispaces/:apiSpaceId/profiles/:profileId': [
    { verb: 'GET', status: 200 },
    { verb: 'PUT', body: { email: 'new@example.com' }, status: 200 },
    { verb: 'PATCH', body: { email: 'new@example.com' }, status: 200 },
  ],
};

/** A path with its parameters, of what belongs to this application. */
export function pathOf(url: string, tenancy: Tenancy): string {
  const values: Readonly<Record<string, string>> = {
    apiSpaceId: tenancy.apiSpaceId,
    sessionId: tenancy.pushSessionId,
    profileId: tenancy.userId,
    id: tenancy.draft,
    name: 'playground.js',
  };
  return url.replace(/:(\w+)/g, (_, name: string) => values[name] ?? name);
}
