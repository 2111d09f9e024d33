import type { GatewayKind } from '../gateway/gateway-kind';
import { privateKeyText } from '../gateway/private-key';
import { type ApnsCredential, apnsCredentialProblems } from './apns-credential';
import { apnsMessage } from './apns-payload';
import { ApnsGateway } from './apns.gateway';

/** The longest token in hexadecimal digits. Apple promises no length; a hundred bytes are three times today's. */
const longestToken = 200;

/** Apple Push Notification service. */
export const apns = {
  perSecond: 0,

  tokenForm: `an APNs device token: an even number of hexadecimal digits, at most ${longestToken}`,
  /** Reads a token, whose digits apps also write in capitals, or as `<0123 4567>`. */
  tokenOf(text) {
    const hex = text.replace(/[\s<>]/g, '').toLowerCase();
    return /^(?:[0-9a-f]{2})+$/.test(hex) && hex.length <= longestToken ? hex : undefined;
  },

  secretName: 'privateKey',
  defaults: { environment: 'production' as const },
  problemsOf: apnsCredentialProblems,
  keep: ({ bundle, keyId, teamId, environment, privateKey }: ApnsCredential) => ({
    facts: { bundle, keyId, teamId, environment },
    secret: privateKeyText(privateKey),
  }),
  realmOf: ({ teamId, bundle, environment }) => `${teamId}.${bundle} ${environment}`,

  check: apnsMessage,
  open: (credential, options) => new ApnsGateway(credential, options),
} satisfies GatewayKind<ApnsCredential>;
