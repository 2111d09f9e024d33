import { randomUUID } from 'node:crypto';
import type { Clock } from '@app/core';
import type { DeviceFacts } from '../devices/device-facts';
import type { Ledger } from '../devices/ledger';
import type { Answer, GatewayRequest, GatewayRules, ScriptedRefusal } from '../wire/request';
import {
  type ApnsReason,
  apnsStatus,
  connectionFault,
  headerFault,
  topicFault,
} from './apns-checks';
import { deliverApns } from './apns-delivery';
import type { ProviderToken, ProviderTokenFault, ProviderTokens } from './provider-tokens';

const devicePath = '/3/device/';
/** Allows tokens of any sane length, for Apple says that it may change. */
const tokenPattern = /^(?:[0-9a-f]{2}){1,200}$/i;
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

export interface ApnsRulesOptions {
  /** Whether facts about the token are revealed before the provider token is checked, as pushy's model of APNs does. */
  readonly authenticateLast: boolean;
  /** Whether push types are let through that the documentation does not name. */
  readonly acceptUnknownPushTypes: boolean;
}

/** Answers `POST /3/device/<token>`, with checks in the order of the contract (APNs checklist 2). */
export class ApnsRules implements GatewayRules {
  constructor(
    private readonly options: ApnsRulesOptions,
    private readonly providerTokens: ProviderTokens,
    private readonly devices: DeviceFacts,
    private readonly ledger: Ledger,
    private readonly clock: Clock,
  ) {}

  tokenOf(request: GatewayRequest): string | undefined {
    if (!request.path.startsWith(devicePath)) return undefined;
    return request.path.slice(devicePath.length);
  }

  answer(request: GatewayRequest): Answer | Promise<Answer> {
    const id = request.headers['apns-id'];
    if (id !== undefined && !(typeof id === 'string' && uuid.test(id))) {
      return refuse('BadMessageId', randomUUID());
    }
    const apnsId = id ?? randomUUID();
    const fault = headerFault(request, this.options.acceptUnknownPushTypes);
    if (fault !== undefined) return refuse(fault, apnsId);
    if (this.options.authenticateLast) {
      const tokenRefusal = this.#tokenRefusal(request, apnsId);
      if (tokenRefusal !== undefined) return tokenRefusal;
    }
    const provider = this.providerTokens.check(request.headers.authorization);
    return provider instanceof Promise
      ? provider.then((checked) => this.#authenticated(request, apnsId, checked))
      : this.#authenticated(request, apnsId, provider);
  }

  refusal(fault: ScriptedRefusal, { headers }: GatewayRequest): Answer {
    const id = headers['apns-id'];
    return refusal(fault.status, fault.reason, typeof id === 'string' ? id : randomUUID(), fault);
  }

  #authenticated(
    request: GatewayRequest,
    apnsId: string,
    provider: ProviderToken | ProviderTokenFault,
  ): Answer {
    if (typeof provider === 'string') return refuse(provider, apnsId);
    const fault =
      connectionFault(request.connection, provider) ?? topicFault(request.headers, provider);
    if (fault !== undefined) return refuse(fault, apnsId);
    request.connection.provider ??= provider;
    request.connection.allowStreams();

    if (!this.options.authenticateLast) {
      const tokenRefusal = this.#tokenRefusal(request, apnsId);
      if (tokenRefusal !== undefined) return tokenRefusal;
    }
    if (request.bodyBytes === 0) return refuse('PayloadEmpty', apnsId);
    const limitBytes = request.headers['apns-push-type'] === 'voip' ? 5120 : 4096;
    if (request.bodyBytes > limitBytes) return refuse('PayloadTooLarge', apnsId);

    const token = request.path.slice(devicePath.length).toLowerCase();
    deliverApns(this.ledger, token, request, this.clock.now().getTime());
    return { status: 200, headers: { 'apns-id': apnsId }, body: '' };
  }

  #tokenRefusal(request: GatewayRequest, apnsId: string): Answer | undefined {
    const token = this.tokenOf(request);
    if (token === undefined) return refuse('BadPath', apnsId);
    if (token === '') return refuse('MissingDeviceToken', apnsId);
    if (!tokenPattern.test(token)) return refuse('BadDeviceToken', apnsId);
    const facts = this.devices.of('apns', token);
    if (facts?.unregisteredAt !== undefined) {
      return refusal(410, 'Unregistered', apnsId, { timestamp: facts.unregisteredAt });
    }
    if (facts?.owner !== undefined && !belongsTo(request.headers['apns-topic'], facts.owner)) {
      return refuse('DeviceTokenNotForTopic', apnsId);
    }
    return undefined;
  }
}

/** Tells whether a topic is the bundle id, or the bundle id with a push type's suffix. */
function belongsTo(topic: string | string[] | undefined, bundleId: string): boolean {
  return typeof topic === 'string' && (topic === bundleId || topic.startsWith(`${bundleId}.`));
}

function refuse(reason: ApnsReason, apnsId: string): Answer {
  return refusal(apnsStatus[reason], reason, apnsId);
}

function refusal(
  status: number,
  reason: string,
  apnsId: string,
  extra: Pick<ScriptedRefusal, 'timestamp' | 'retryAfterSeconds'> = {},
): Answer {
  const { timestamp, retryAfterSeconds } = extra;
  return {
    status,
    reason,
    headers: {
      'apns-id': apnsId,
      'content-type': 'application/json',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(timestamp === undefined ? { reason } : { reason, timestamp }),
  };
}
