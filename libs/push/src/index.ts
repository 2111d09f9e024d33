export {
  type ApnsCredential,
  type ApnsEnvironment,
  apnsEnvironments,
} from './apns/apns-credential';
export { showsNothing } from './content/content-rules';
export type { FcmCredential } from './fcm/fcm-credential';
export * from './gateway-kinds';
export * from './gateway/gateway-options';
export * from './content/invalid-message.error';
export { type JsonValue, type MessageContent, pushPriorities } from './content/message';
export type { Outcome, Fault } from './gateway/outcome';
export * from './gateway/provider-token-store';
export { type PreparedMessage, PushGateway } from './gateway/push-gateway';
