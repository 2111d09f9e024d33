import { z } from 'zod';

/**
 * Holds the forms that go over the wire, as documented at `/openapi.json`: requests in the form that we recommend
 * (readers take more), responses to the key and in the contract's order.
 */
export const models = z.registry<{ id: string }>();

function model<Shape extends z.core.$ZodShape>(
  id: string,
  shape: Shape,
): z.ZodObject<Shape, z.core.$strict> {
  return z.strictObject(shape).register(models, { id });
}

const count = z.int().min(0);
const appId = z.int().min(1).describe('Number of the application');
const token = z.string().describe('Push token of the device');
const platform = z.enum(['ios', 'android']);
const nullableText = z.string().nullable();
const date = z.iso.datetime().describe('ISO 8601 in UTC');

export const Failure = model('Error', {
  status: z.literal('ERROR'),
  responseObject: z.strictObject({
    code: z.enum(['ERROR_GENERIC', 'ERROR_DATABASE', 'ERROR_DATA_INTEGRITY']),
    message: z.string(),
  }),
});

export const ServiceStatus = model('ServiceStatus', {
  applicationName: z.string(),
  applicationDisplayName: z.string(),
  applicationEnvironment: z.string(),
  version: nullableText,
  buildTime: nullableText,
  timestamp: z.iso.datetime({ offset: true }),
});

export const CreateDevice = model('CreateDevice', {
  appId,
  token,
  platform,
  activationId: z.string(),
});
export const CreateDeviceMulti = model('CreateDeviceMulti', {
  appId,
  token,
  platform,
  activationIds: z.array(z.string()).min(1),
});
export const DeleteDevice = model('DeleteDevice', { appId, token });
export const UpdateDeviceStatus = model('UpdateDeviceStatus', {
  activationId: z.string(),
  activationStatus: z
    .enum(['CREATED', 'PENDING_COMMIT', 'ACTIVE', 'BLOCKED', 'REMOVED'])
    .nullish()
    .describe('Asked of the PowerAuth Server when absent'),
});

const locKey = z.string().describe("Key of a text among the app's own");
const locArgs = z.array(z.string()).describe('What is put into that text');

const MessageBody = model('MessageBody', {
  title: z.string().nullish(),
  titleLocKey: locKey.nullish(),
  titleLocArgs: locArgs.nullish(),
  body: z.string().nullish(),
  bodyLocKey: locKey.nullish(),
  bodyLocArgs: locArgs.nullish(),
  badge: count.nullish().describe('iOS only'),
  sound: z.string().nullish(),
  icon: z.string().nullish().describe('Android only'),
  category: z.string().nullish(),
  collapseKey: z.string().nullish(),
  validUntil: date.nullish(),
  extras: z.record(z.string(), z.unknown()).nullish().describe('Custom data'),
});
const PushMessage = model('PushMessage', {
  userId: z.string(),
  activationId: z.string().nullish().describe('Only the device of this activation'),
  priority: z.enum(['NORMAL', 'HIGH']).nullish().describe('How urgent it is'),
  attributes: z
    .strictObject({
      silent: z.boolean().optional().describe('No user interface'),
      personal: z.boolean().optional().describe('Only where the activation is ACTIVE'),
    })
    .nullish(),
  body: MessageBody,
});
export const SendMessage = model('SendMessage', { appId, message: PushMessage });
export const SendMessageBatch = model('SendMessageBatch', {
  appId,
  batch: z.array(PushMessage).min(1).max(20),
});
export const PlatformCounts = model('PlatformCounts', {
  sent: count,
  failed: count,
  pending: count.describe('Without a final answer so far; they go on'),
  total: count,
});
export const SendCounts = model('SendCounts', { ios: PlatformCounts, android: PlatformCounts });

export const CreateCampaign = model('CreateCampaign', { appId, message: MessageBody });
export const CreatedCampaign = model('CreatedCampaign', { id: z.int() });
export const DeletedCampaign = model('DeletedCampaign', { deleted: z.boolean() });
export const CampaignMessage = model('CampaignMessage', {
  title: nullableText,
  titleLocKey: locKey.optional().describe('Only where there is one'),
  titleLocArgs: z.array(z.string()).readonly().nullable().optional(),
  body: nullableText,
  bodyLocKey: locKey.optional().describe('Only where there is one'),
  bodyLocArgs: z.array(z.string()).readonly().nullable().optional(),
  icon: nullableText,
  badge: z.int().nullable(),
  sound: nullableText,
  category: nullableText,
  collapseKey: nullableText,
  validUntil: date.nullable(),
  extras: z.record(z.string(), z.unknown()).nullable(),
});
export const CampaignDetail = model('CampaignDetail', {
  id: z.int(),
  appId,
  sent: z.boolean().describe('Whether every delivery has ended'),
  message: CampaignMessage,
});
export const Users = z.array(z.string()).describe('Ids of users');
export const CampaignUsers = model('CampaignUsers', { campaignId: z.int(), users: Users });
export const TestCampaign = model('TestCampaign', { userId: z.string() });

export const ApplicationItem = model('Application', {
  id: z.int(),
  appId: z.int().nullable().describe('Null where it is not configured'),
  appName: z.string(),
  ios: z.boolean().nullable(),
  android: z.boolean().nullable(),
});
export const ApplicationList = model('ApplicationList', {
  applicationList: z.array(ApplicationItem),
});
export const ShowApplication = model('ShowApplication', {
  id: z.int().min(1),
  includeIos: z.boolean().optional(),
  includeAndroid: z.boolean().optional(),
});
export const ApplicationDetail = model('ApplicationDetail', {
  application: ApplicationItem,
  iosBundle: nullableText,
  iosKeyId: nullableText,
  iosTeamId: nullableText,
  androidProjectId: nullableText,
});
export const CreateApplication = model('CreateApplication', { appId });
export const CreatedApplication = model('CreatedApplication', { id: z.int() });
export const ConfigureIos = model('ConfigureIos', {
  id: z.int().min(1),
  bundle: z.string(),
  keyId: z.string(),
  teamId: z.string(),
  environment: z
    .enum(['development', 'production'])
    .nullish()
    .describe('As it is, or production, when absent'),
  privateKeyBase64: z.string().describe("Base64 of Apple's .p8 file"),
});
export const ConfigureAndroid = model('ConfigureAndroid', {
  id: z.int().min(1),
  projectId: z.string(),
  privateKeyBase64: z.string().describe("Base64 of the service account's JSON file"),
});
export const ApplicationId = model('ApplicationId', { id: z.int().min(1) });
