import {
  AddressList,
  browserSign,
  type Config,
  DomainError,
  hostOf,
  isWriteOfProgram,
  type RequestHeaders,
} from '@app/core';
import { Refusal } from '../reading/refusals';

/** A request without credentials may be a page's, in somebody's browser. */
class BrowserRequestError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'BROWSER_REQUEST';
}

/** The caller's address is not among those that POWERAUTH_ALLOWED_IPS names. */
class AddressRefusedError extends DomainError {
  readonly kind = 'forbidden';
  readonly code = 'ADDRESS_REFUSED';

  constructor() {
    super('This address may not call these routes (POWERAUTH_ALLOWED_IPS).');
  }
}

export interface UncheckedRequest {
  readonly method: string;
  readonly headers: RequestHeaders;
  readonly ip?: string;
}

/** Says who may come to these routes before anybody asks who it is: from where, and by what. */
export class OpenDoor {
  private readonly hosts: ReadonlySet<string>;
  private readonly addresses: AddressList | undefined;

  constructor({ publicUrl, powerAuthHosts, powerAuthAllowedIps }: Config) {
    this.hosts = new Set([hostOf(new URL(publicUrl).host) ?? '', ...powerAuthHosts]);
    this.addresses =
      powerAuthAllowedIps.length === 0 ? undefined : new AddressList(powerAuthAllowedIps);
  }

  /** @throws AddressRefusedError */
  assertAddress({ ip = '' }: UncheckedRequest): void {
    if (this.addresses?.has(ip) === false) throw new AddressRefusedError();
  }

  /** Asks this of whoever need not show who he is. @throws BrowserRequestError or Refusal */
  assertProgram({ method, headers }: UncheckedRequest): void {
    const sign = browserSign(headers, this.hosts);
    if (sign === 'Host' || sign === 'X-Forwarded-Host') {
      throw new BrowserRequestError(
        `${sign} names a host that is not in PUBLIC_URL or POWERAUTH_HOSTS; callers without a token need one that is.`,
      );
    }
    if (sign !== undefined) {
      throw new BrowserRequestError(
        `A request without a token may not be a browser's, and has ${sign}.`,
      );
    }
    if (!isWriteOfProgram(method, headers)) {
      throw new Refusal('The request wants the content type application/json.');
    }
  }
}
