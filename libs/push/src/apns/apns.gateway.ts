import { Host } from 'apns2';
import type { ApnsCredential } from './apns-credential';
import { apnsFault } from './apns-outcomes';
import { apnsMessage, type ApnsMessage } from './apns-payload';
import { Authorization } from '../gateway/authorization';
import type { GatewayOptions } from '../gateway/gateway-options';
import type { HeaderFields } from '../http2/exchange';
import { Http2Pool, type PoolOptions } from '../http2/http2-pool';
import type { MessageContent } from '../content/message';
import { originOf } from '../http2/origin';
import type { Accepted, Outcome } from '../gateway/outcome';
import { ProviderToken } from './provider-token';
import { PushGateway, type PreparedMessage, type PushTarget } from '../gateway/push-gateway';

/** What all requests of a message have in common. */
interface ApnsRequest {
  readonly message: ApnsMessage;
  readonly head: HeaderFields;
}

const accepted: Accepted = { class: 'accepted' };

/** Sends over Apple's HTTP/2 provider API, with a provider token. */
export class ApnsGateway extends PushGateway {
  readonly gateway = 'apns';
  private readonly authorization = new Authorization('bearer');
  private readonly token: ProviderToken;
  private readonly pool: Http2Pool;

  constructor(
    private readonly credential: ApnsCredential,
    private readonly options: GatewayOptions & PoolOptions,
  ) {
    super();
    this.token = ProviderToken.of(credential, options.clock, options.providerTokens);
    const url = options.url ?? `https://${Host[credential.environment]}`;
    this.pool = new Http2Pool(originOf(url, options.ca, options.proxies), {
      ...options,
      oneStreamUntilAccepted: true,
    });
  }

  get window(): number {
    return this.pool.window;
  }

  prepare(content: MessageContent): PreparedMessage {
    const message = apnsMessage(content);
    const request = { message, head: this.headOf(message) };
    return { deliver: (target) => this.deliver(request, target) };
  }

  close(graceMs?: number): Promise<void> {
    return this.pool.close(graceMs);
  }

  private headOf({ pushType, priority, expiration, collapseKey }: ApnsMessage): HeaderFields {
    return {
      ':method': 'POST',
      'apns-topic': this.credential.bundle,
      'apns-push-type': pushType,
      'apns-priority': priority,
      ...(expiration !== undefined && { 'apns-expiration': expiration }),
      ...(collapseKey !== undefined && { 'apns-collapse-id': collapseKey }),
    };
  }

  private deliver(request: ApnsRequest, target: PushTarget): Promise<Outcome> {
    const device = target.token.replace(/[^0-9a-f]/gi, '').toLowerCase();
    if (device === '') {
      const detail = 'No hexadecimal digit in it.';
      return Promise.resolve({ class: 'token', reason: 'BadDeviceToken', detail, sent: false });
    }
    const jwt = this.token.current();
    return typeof jwt === 'string'
      ? this.post(request, device, target, jwt)
      : jwt.then((obtained) => this.post(request, device, target, obtained));
  }

  private post(
    request: ApnsRequest,
    device: string,
    target: PushTarget,
    jwt: string,
    isRepeat = false,
  ): Promise<Outcome> {
    const { message, head } = request;
    const { deliveryId, mayLeave } = target;
    const path = `/3/device/${device}`;
    const authorization = this.authorization.of(jwt);
    const own: HeaderFields =
      message.collapseKey === undefined
        ? { ':path': path, authorization, 'apns-id': deliveryId, 'apns-collapse-id': deliveryId }
        : { ':path': path, authorization, 'apns-id': deliveryId };
    return this.pool.post(head, own, message.payload, mayLeave, (answer) => {
      if ('class' in answer) return answer;
      if (answer.status === 200) return accepted;
      const fault = apnsFault(answer, this.options.clock.now());
      if (isRepeat || fault.reason !== 'ExpiredProviderToken') return fault;
      return this.token
        .renew(jwt)
        .then((renewed) =>
          renewed === undefined ? fault : this.post(request, device, target, renewed, true),
        );
    });
  }
}
