import type { GatewayKind } from '../gateway/gateway-kind';
import { type FcmCredential, fcmCredentialProblems, serviceAccountText } from './fcm-credential';
import { fcmMessage } from './fcm-payload';
import { FcmGateway } from './fcm.gateway';

const longestToken = 4_096;

/** Firebase Cloud Messaging. */
export const fcm = {
  /** A pace below Google's 600 000 a minute. */
  perSecond: 9_500,

  tokenForm: `an FCM registration token: 1 to ${longestToken} characters without spaces`,
  /** Reads a token, which is opaque text. */
  tokenOf: (text) =>
    /^[\x21-\x7e]+$/.test(text) && text.length <= longestToken ? text : undefined,

  secretName: 'serviceAccount',
  defaults: {},
  problemsOf: fcmCredentialProblems,
  keep: ({ projectId, serviceAccount }: FcmCredential) => ({
    facts: { projectId },
    secret: serviceAccountText(serviceAccount),
  }),
  realmOf: ({ projectId }) => projectId,

  check: fcmMessage,
  open: (credential, options) => new FcmGateway(credential, options),
} satisfies GatewayKind<FcmCredential>;
