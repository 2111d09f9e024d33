import type { GatewayWorld, SimulatedGateway } from '../wire/simulated-gateway';
import { ApnsRules, type ApnsRulesOptions } from './apns-rules';
import { type ApnsKey, ProviderTokens } from './provider-tokens';

export interface ApnsOptions extends ApnsRulesOptions {
  /** Distinct provider tokens per team and key within 20 minutes; default 1, Apple's rule. */
  readonly tokenUpdatesPer20Minutes: number;
}

/** Makes APNs. @param maxConcurrentStreams the streams of a connection after the first accepted token */
export function simulateApns(
  options: Partial<ApnsOptions>,
  maxConcurrentStreams: number,
  { clock, devices, ledger, serve }: GatewayWorld,
): SimulatedGateway<ApnsKey> {
  const { tokenUpdatesPer20Minutes = 1, ...rules } = options;
  const tokens = new ProviderTokens(clock, tokenUpdatesPer20Minutes);
  const defaults = { authenticateLast: false, acceptUnknownPushTypes: false };
  return {
    server: serve(new ApnsRules({ ...defaults, ...rules }, tokens, devices, ledger, clock), {
      initialStreams: 1,
      maxConcurrentStreams,
      allowHttp1: false,
    }),
    register: (key) => {
      tokens.register(key);
    },
    reset: () => {
      tokens.reset();
    },
  };
}
