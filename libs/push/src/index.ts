export {
  type ApnsCredential,
  type ApnsEnvironment,
  apnsEnvironments,
} from './apns/apns-credential';
export * from './apns/apns.gateway';
export { showsNothing } from './content/content-rules';
export type { FcmCredential } from './fcm/fcm-credential';
export * from './fcm/fcm.gateway';
export * from './gateway-kinds';
export * from './gateway/gateway-options';
export * from './content/invalid-message.error';
export * from './content/message';
export * from './gateway/outcome';
export * from './gateway/provider-token-store';
export * from './gateway/push-gateway';
