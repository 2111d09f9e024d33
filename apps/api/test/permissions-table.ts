import { rolePermissions } from '@app/auth';
import type { Permission } from '@app/core';
import { apnsInput, fcmInput, otherSigner, type Tenancy } from './two-applications';

/** What the operations are about: an application with one of everything, and who belongs to no application. */
export interface World {
  readonly aleph: Tenancy;
  readonly operatorId: string;
  /** Of a signing key that signs no more. */
  readonly formerKid: string;
}

export interface Operation {
  /** Of a call that is right, about the application aleph or about the whole installation. */
  readonly variables?: (world: World) => object;
  /** What it gives away or puts into use, which the caller has to hold too. */
  readonly grants?: readonly Permission[];
  /** For a caller of another application: a list without what is aleph's, or about the caller. Else refused. */
  readonly elsewhere?: 'a list' | 'null' | 'the caller';
  /** Who alone can do it, where it is not for whoever has the permission. */
  readonly only?: 'operators' | 'users';
}

const about =
  (key: keyof Tenancy, argument = 'id') =>
  ({ aleph }: World) => ({ [argument]: aleph[key] });
const application = (rest: object = {}) => ({
  variables: ({ aleph }: World) => ({ applicationId: aleph.applicationId, ...rest }),
});
const campaign = (key: 'draft' | 'running' | 'paused') => ({ variables: about(key) });
const machine = (key: 'clientId' | 'accountId' | 'apiKeyId', rest: object = {}): Operation => ({
  variables: ({ aleph }) => ({ id: aleph[key], ...rest }),
  grants: ['messages:send'],
});
/** An ADMIN. */
const operator = (rest: object = {}): Operation => ({
  variables: ({ operatorId }) => ({ id: operatorId, ...rest }),
  grants: rolePermissions.ADMIN,
});
/** For users alone, each for what is his. */
const own: Operation = { elsewhere: 'the caller', only: 'users' };
const self: Operation = { elsewhere: 'the caller' };
const list: Operation = { elsewhere: 'a list' };

const password = 'correct horse battery';
const newMachine = { name: 'New', scopes: ['messages:send'] };

/** Every root field of the schema. */
export const operations: Readonly<Record<string, Operation>> = {
  'Query.apiKey': { variables: about('apiKeyId') },
  'Query.apiKeys': list,
  'Query.application': { variables: about('applicationId') },
  'Query.applications': list,
  'Query.auditEvents': {},
  'Query.campaign': campaign('draft'),
  'Query.campaigns': list,
  'Query.client': { variables: about('clientId') },
  'Query.clients': list,
  'Query.deliveries': {
    variables: ({ aleph }) => ({ filter: { notificationId: aleph.notificationId } }),
  },
  'Query.device': { variables: about('deviceId') },
  'Query.devices': list,
  'Query.lanes': application(),
  'Query.me': own,
  'Query.notification': { variables: about('notificationId') },
  'Query.notifications': list,
  'Query.operator': operator(),
  'Query.operators': {},
  'Query.profile': {
    variables: ({ aleph }) => ({ applicationId: aleph.applicationId, userId: aleph.userId }),
  },
  'Query.serviceAccount': { variables: about('accountId') },
  'Query.serviceAccounts': list,
  'Query.user': { variables: about('userId', 'userId') },
  'Query.users': list,
  'Query.viewer': self,

  'Mutation.addCampaignUsers': {
    variables: ({ aleph }) => ({ id: aleph.draft, userIds: ['somebody'] }),
  },
  'Mutation.addKey': {
    variables: ({ aleph }) => ({
      input: { clientId: aleph.clientId, publicKey: otherSigner.publicKey },
    }),
    grants: ['messages:send'],
  },
  'Mutation.blockServiceAccount': machine('accountId'),
  'Mutation.cancelCampaign': campaign('running'),
  'Mutation.changePassword': {
    ...self,
    only: 'operators',
    variables: () => ({ current: password, next: 'another long password' }),
  },
  'Mutation.configureApns': application({ input: apnsInput('new') }),
  'Mutation.configureFcm': application({ input: fcmInput('new') }),
  'Mutation.configurePushProfile': application({
    input: { apiSpaceId: 'new-space', issuer: 'https://new.example.com', audience: 'new' },
  }),
  'Mutation.createApiKey': {
    variables: ({ aleph }) => ({ input: { ...newMachine, applicationIds: [aleph.applicationId] } }),
    grants: ['messages:send'],
  },
  'Mutation.createApplication': { variables: () => ({ input: { name: 'New' } }) },
  'Mutation.createCampaign': {
    variables: ({ aleph: { applicationId } }) => ({
      input: { applicationId, name: 'New', message: { title: 'New' } },
    }),
  },
  'Mutation.createClient': {
    variables: ({ aleph }) => ({ input: { ...newMachine, applicationIds: [aleph.applicationId] } }),
    grants: ['messages:send'],
  },
  'Mutation.createOperator': {
    variables: () => ({ input: { email: 'new@example.com', password, role: 'VIEWER' } }),
    grants: rolePermissions.VIEWER,
  },
  'Mutation.createServiceAccount': {
    variables: ({ aleph }) => ({ input: { ...newMachine, applicationIds: [aleph.applicationId] } }),
    grants: ['messages:send'],
  },
  'Mutation.deleteCampaign': campaign('draft'),
  'Mutation.eraseUser': { variables: about('userId', 'userId') },
  'Mutation.exportUser': { variables: about('userId', 'userId') },
  'Mutation.launchCampaign': campaign('draft'),
  'Mutation.login': {
    ...self,
    variables: () => ({ email: 'operator@staff.example.com', password }),
  },
  'Mutation.logout': { ...self, only: 'operators' },
  'Mutation.pauseCampaign': campaign('running'),
  'Mutation.registerActivation': {
    variables: ({ aleph: { activationId } }) => ({ input: { activationId, userId: 'thief' } }),
  },
  'Mutation.registerDevice': {
    variables: ({ aleph: { applicationId, userId } }) => ({
      input: { applicationId, platform: 'ANDROID', token: 'new-token', userId },
    }),
  },
  'Mutation.registerMyDevice': {
    ...own,
    variables: () => ({ input: { platform: 'ANDROID', token: 'new-token' } }),
  },
  'Mutation.registerDevices': {
    variables: ({ aleph: { applicationId, userId } }) => ({
      input: { applicationId, devices: [{ platform: 'ANDROID', token: 'new-token', userId }] },
    }),
  },
  'Mutation.removeApns': application(),
  'Mutation.removeApplication': application(),
  'Mutation.removeCampaignUsers': {
    variables: ({ aleph }) => ({ id: aleph.draft, userIds: [aleph.userId] }),
  },
  'Mutation.removeClient': machine('clientId'),
  'Mutation.removeDevice': {
    variables: ({ aleph }) => ({
      applicationId: aleph.applicationId,
      platform: 'ANDROID',
      token: aleph.deviceToken,
    }),
  },
  'Mutation.removeFcm': application(),
  'Mutation.removeKey': { variables: about('clientKeyId'), grants: ['messages:send'] },
  'Mutation.removeMyDevice': { ...own, variables: about('deviceId') },
  'Mutation.removeOperator': operator(),
  'Mutation.removePushProfile': application(),
  'Mutation.removeServiceAccount': machine('accountId'),
  'Mutation.renewSession': { ...self, only: 'operators' },
  'Mutation.resetOperatorPassword': operator({ password: 'another long password' }),
  'Mutation.resumeCampaign': campaign('paused'),
  'Mutation.revokeApiKey': machine('apiKeyId'),
  'Mutation.revokeSigningKey': { variables: ({ formerKid }) => ({ kid: formerKid }) },
  'Mutation.rotateApiKey': machine('apiKeyId', { input: { keepPreviousSeconds: 0 } }),
  'Mutation.rotatePushProfileSecret': application({ input: { keepPreviousSeconds: 0 } }),
  'Mutation.rotateSigningKey': {},
  'Mutation.sendNotification': {
    variables: ({ aleph: { applicationId, userId } }) => ({
      input: { applicationId, userId, message: { title: 'New' } },
    }),
  },
  'Mutation.sendNotifications': {
    variables: ({ aleph: { applicationId, userId } }) => ({
      inputs: [{ applicationId, userId, message: { title: 'New' } }],
    }),
  },
  'Mutation.sendTestCampaign': {
    variables: ({ aleph }) => ({ id: aleph.draft, userId: aleph.userId }),
  },
  'Mutation.setKeyEnabled': {
    variables: ({ aleph }) => ({ id: aleph.accountKeyId, enabled: false }),
    grants: ['messages:send'],
  },
  'Mutation.setLimits': application({ input: { apnsPerSecond: 1 } }),
  'Mutation.setUserTokens': application({ input: { audience: 'carillon' } }),
  'Mutation.setServiceAccountLoginMode': machine('accountId', { input: { mode: 'SIGNED' } }),
  'Mutation.unblockServiceAccount': machine('accountId'),
  'Mutation.updateActivationStatus': {
    variables: ({ aleph: { activationId } }) => ({ activationId, status: 'BLOCKED' }),
    elsewhere: 'null',
  },
  'Mutation.updateApiKey': machine('apiKeyId', { input: { name: 'New' } }),
  'Mutation.updateApplication': application({ name: 'New' }),
  'Mutation.updateCampaign': {
    variables: ({ aleph }) => ({ id: aleph.draft, input: { name: 'New' } }),
  },
  'Mutation.updateClient': machine('clientId', { input: { name: 'New' } }),
  'Mutation.updateMyProfile': { ...own, variables: () => ({ attributes: { language: 'cs' } }) },
  'Mutation.updateOperator': operator({ input: { role: 'EDITOR' } }),
  'Mutation.updateProfile': {
    variables: ({ aleph: { applicationId, userId } }) => ({
      applicationId,
      userId,
      attributes: { language: 'cs' },
    }),
  },
  'Mutation.updateServiceAccount': machine('accountId', { input: { name: 'New' } }),
};

/** How to come to each kind of thing that has fields with a permission of their own; `~` stands for the field. */
export const ways: Readonly<Record<string, (world: World) => string>> = {
  Activation: ({ aleph }) => `{ device(id: "${aleph.deviceId}") { activations { ~ } } }`,
  Application: ({ aleph }) => `{ application(id: "${aleph.applicationId}") { ~ } }`,
  Campaign: ({ aleph }) => `{ campaign(id: "${aleph.draft}") { ~ } }`,
  CampaignUser: ({ aleph }) =>
    `{ campaign(id: "${aleph.draft}") { audience { edges { node { ~ } } } } }`,
  Client: ({ aleph }) => `{ client(id: "${aleph.clientId}") { ~ } }`,
  Delivery: ({ aleph }) =>
    `{ deliveries(filter: { notificationId: "${aleph.notificationId}" }) { edges { node { ~ } } } }`,
  Device: ({ aleph }) => `{ device(id: "${aleph.deviceId}") { ~ } }`,
  Lane: ({ aleph }) => `{ lanes(applicationId: "${aleph.applicationId}") { ~ } }`,
  Me: () => '{ me { ~ } }',
  MyNotification: () => '{ me { notifications { edges { node { ~ } } } } }',
  Notification: ({ aleph }) => `{ notification(id: "${aleph.notificationId}") { ~ } }`,
  ServiceAccount: ({ aleph }) => `{ serviceAccount(id: "${aleph.accountId}") { ~ } }`,
  Session: () =>
    `mutation { login(email: "operator@staff.example.com", password: "${password}") { ~ } }`,
  User: ({ aleph }) => `{ user(userId: "${aleph.userId}") { ~ } }`,
  Viewer: () => '{ viewer { ~ } }',
};
