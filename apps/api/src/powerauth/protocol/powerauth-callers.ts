import { Actor, type Config, type Permission } from '@app/core';
import type { Authenticator } from '../../access/authenticator';
import type { BearerRequest } from '../../access/bearer';
import { OpenDoor, type UncheckedRequest } from './open-door';

/** Permissions for all that these routes can do, which everybody has where POWERAUTH_COMPAT is `open`. */
const openPermissions: readonly Permission[] = [
  'applications:read',
  'applications:write',
  'credentials:write',
  'devices:write',
  'messages:send',
  'campaigns:read',
  'campaigns:write',
  'campaigns:send',
];

/** Whoever calls where POWERAUTH_COMPAT is `open`; all are one. */
function anybody(address: string | undefined): Actor {
  return new Actor({ kind: 'anonymous', id: 'powerauth', permissions: openPermissions, address });
}

/** Says who calls these routes, whom the compat mode lets in. */
export class PowerAuthCallers {
  private readonly door: OpenDoor;

  constructor(
    private readonly config: Config,
    private readonly authenticator: Authenticator,
  ) {
    this.door = new OpenDoor(config);
  }

  /**
   * Identifies whoever comes to a route that is not for anyone.
   * @param isAdmin whether the route manages applications
   * @throws AddressRefusedError, BrowserRequestError, InvalidTokenError
   */
  async admit(request: BearerRequest & UncheckedRequest, isAdmin: boolean): Promise<Actor> {
    this.door.assertAddress(request);
    if (this.isOpen(isAdmin)) this.door.assertProgram(request);
    return this.identify(request, isAdmin);
  }

  /** Where the routes are open nobody asks who it is: unmodified clients may send what they like. @throws InvalidTokenError */
  async identify(request: BearerRequest, isAdmin: boolean): Promise<Actor> {
    return this.isOpen(isAdmin) ? anybody(request.ip) : this.authenticator.identify(request);
  }

  private isOpen(isAdmin: boolean): boolean {
    const { powerAuthCompat, powerAuthOpenAdmin } = this.config;
    return powerAuthCompat === 'open' && (!isAdmin || powerAuthOpenAdmin);
  }
}
