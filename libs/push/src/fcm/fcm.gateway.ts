import { FcmAccessToken } from './fcm-access-token';
import type { FcmCredential, GoogleServiceAccount } from './fcm-credential';
import { fcmFault } from './fcm-outcomes';
import { fcmMessage, type FcmMessage } from './fcm-payload';
import { Authorization } from '../gateway/authorization';
import type { GatewayOptions } from '../gateway/gateway-options';
import type { HeaderFields } from '../http2/exchange';
import { Http2Pool, type PoolOptions } from '../http2/http2-pool';
import { parseObject } from '../gateway/json';
import type { MessageContent } from '../content/message';
import { originOf } from '../http2/origin';
import type { Accepted, Fault, Outcome } from '../gateway/outcome';
import { PushGateway, type PreparedMessage, type PushTarget } from '../gateway/push-gateway';

/** Sends over Google's HTTP v1 API, with a service account. */
export class FcmGateway extends PushGateway {
  readonly gateway = 'fcm';
  private readonly authorization = new Authorization('Bearer');
  private readonly head: HeaderFields;
  private readonly token: FcmAccessToken;
  private readonly pool: Http2Pool;

  constructor(
    { projectId, serviceAccount }: FcmCredential,
    private readonly options: GatewayOptions & PoolOptions,
  ) {
    super();
    const { url, ca, proxies, clock } = options;
    const origin = originOf(url ?? 'https://fcm.googleapis.com', ca, proxies);
    const tokenOrigin =
      url === undefined ? originOf('https://oauth2.googleapis.com', ca, proxies) : origin;
    this.head = {
      ':method': 'POST',
      ':path': `/v1/projects/${encodeURIComponent(projectId)}/messages:send`,
      'content-type': 'application/json',
    };
    const account = JSON.parse(serviceAccount) as GoogleServiceAccount;
    this.token = new FcmAccessToken(account, tokenOrigin, clock);
    this.pool = new Http2Pool(origin, options);
  }

  get window(): number {
    return this.pool.window;
  }

  prepare(content: MessageContent): PreparedMessage {
    const message = fcmMessage(content);
    return { deliver: (target) => this.deliver(message, target) };
  }

  close(graceMs?: number): Promise<void> {
    return this.pool.close(graceMs);
  }

  private deliver(message: FcmMessage, target: PushTarget): Promise<Outcome> {
    const body = message.bodyFor(target, this.options.clock.now());
    return this.postWith(this.token.current(), body, target);
  }

  private postWith(
    token: string | Promise<string | Fault>,
    body: string,
    target: PushTarget,
    isRepeat = false,
  ): Promise<Outcome> {
    if (typeof token === 'string') return this.post(token, body, target, isRepeat);
    return token.then((obtained) =>
      typeof obtained === 'string' ? this.post(obtained, body, target, isRepeat) : obtained,
    );
  }

  private post(
    token: string,
    body: string,
    target: PushTarget,
    isRepeat: boolean,
  ): Promise<Outcome> {
    const authorization = this.authorization.of(token);
    return this.pool.post(this.head, { authorization }, body, target.mayLeave, (answer) => {
      if ('class' in answer) return answer;
      if (answer.status === 200) return accepted(answer.body);
      const fault = fcmFault(answer, this.options.clock.now());
      // Google's front end answers so when our token is of no more use, FCM itself with THIRD_PARTY_AUTH_ERROR.
      const isStale = fault.class === 'credential' && fault.reason === 'UNAUTHENTICATED';
      if (isRepeat || !isStale) return fault;
      return this.postWith(this.token.renew(token), body, target, true);
    });
  }
}

/** Reads the name that FCM gave to a message. */
function accepted(body: string): Accepted {
  const name = parseObject(body)?.name;
  return typeof name === 'string' ? { class: 'accepted', gatewayId: name } : { class: 'accepted' };
}
