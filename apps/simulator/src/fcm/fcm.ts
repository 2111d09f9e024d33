import type { GatewayWorld, SimulatedGateway } from '../wire/simulated-gateway';
import { type FcmQuotaOptions, FcmQuotas } from './fcm-quotas';
import { FcmRules } from './fcm-rules';
import { type FcmServiceAccount, FcmTokens } from './fcm-tokens';

export interface FcmOptions extends FcmQuotaOptions {
  /** Whether any bearer token is taken for projects that registered no account; default false. */
  readonly acceptForeignTokens: boolean;
}

const streams = 100;

/** Makes FCM, with Google's token endpoint. */
export function simulateFcm(
  options: Partial<FcmOptions>,
  { clock, devices, ledger, serve }: GatewayWorld,
): SimulatedGateway<FcmServiceAccount> {
  const { acceptForeignTokens = false, ...limits } = options;
  const tokens = new FcmTokens(clock, acceptForeignTokens);
  const quotas = new FcmQuotas({
    projectPerMinute: 600_000,
    projectPhaseMs: Math.floor(Math.random() * 60_000),
    devicePerMinute: 240,
    collapsible: false,
    retryAfter: true,
    ...limits,
  });
  return {
    server: serve(new FcmRules(tokens, quotas, devices, ledger, clock), {
      initialStreams: streams,
      maxConcurrentStreams: streams,
      allowHttp1: true,
    }),
    register: (account) => {
      tokens.register(account);
    },
    reset: () => {
      tokens.reset();
      quotas.reset();
    },
  };
}
