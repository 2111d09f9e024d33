import { type Login, OperatorLogin } from '@app/auth';
import { type Actor, Config } from '@app/core';
import { Args, Context, Mutation, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import type { RequestContext } from '../kit/request-context';
import { deviceCookieOf, setDeviceCookie } from './device-cookie';
import { OperatorType } from './operator.type';
import { SessionType } from './session.type';

@Resolver(() => SessionType)
export class SessionsResolver {
  constructor(
    private readonly logins: OperatorLogin,
    private readonly config: Config,
  ) {}

  @Mutation(() => SessionType, {
    description: 'Lets an operator in. After some wrong passwords it has to wait.',
  })
  @Allow('anyone')
  async login(
    @CurrentActor() actor: Actor,
    @Args('email', { type: () => String, description: "The operator's e-mail." }) email: string,
    @Args('password', { type: () => String, description: "The operator's password." })
    password: string,
    @Args('deviceToken', {
      type: () => String,
      nullable: true,
      description:
        "The `deviceToken` of the operator's login before, which strangers who guess his password do not have: they cannot keep him out. Browsers send it by themselves, as a cookie.",
    })
    deviceToken: string | null | undefined,
    @Context() { http }: RequestContext,
  ): Promise<SessionType> {
    const known = deviceToken ?? deviceCookieOf(http);
    const session = await this.logins.login(actor, email, password, known);
    if (session.deviceToken !== undefined) {
      setDeviceCookie(http, session.deviceToken, this.config.publicUrl);
    }
    return session;
  }

  @Mutation(() => SessionType, {
    description: 'Gives another token while the session lasts, which is 12 hours from the login.',
  })
  @Allow('authenticated')
  renewSession(@CurrentActor() actor: Actor): Promise<SessionType> {
    return this.logins.renew(actor);
  }

  @Mutation(() => Boolean, {
    description: 'Ends the session, and with it all tokens that it gave.',
  })
  @Allow('authenticated', 'newcomer')
  async logout(@CurrentActor() actor: Actor): Promise<boolean> {
    await this.logins.logout(actor);
    return true;
  }

  @Mutation(() => OperatorType, {
    description: "Changes the operator's own password, and ends all other sessions.",
  })
  @Allow('authenticated', 'newcomer')
  changePassword(
    @CurrentActor() actor: Actor,
    @Args('current', { type: () => String, description: 'The present password.' }) current: string,
    @Args('next', { type: () => String, description: 'The new one; 12 to 256 characters.' })
    next: string,
  ): Promise<OperatorType> {
    return this.logins.changePassword(actor, current, next);
  }

  /** Open to anyone, because whoever logs in is nobody yet. */
  @ResolveField(() => OperatorType, { description: 'Who has logged in.' })
  @Allow('anyone')
  operator({ operator }: Login): OperatorType {
    return operator;
  }
}
