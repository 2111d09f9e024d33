import { type Login, OperatorLogin } from '@app/auth';
import type { Actor } from '@app/core';
import { Args, Mutation, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { OperatorType } from './operator.type';
import { SessionType } from './session.type';

@Resolver(() => SessionType)
export class SessionsResolver {
  constructor(private readonly logins: OperatorLogin) {}

  @Mutation(() => SessionType, {
    description: 'Lets an operator in. After some wrong passwords it has to wait.',
  })
  @Allow('anyone')
  login(
    @CurrentActor() actor: Actor,
    @Args('email', { type: () => String, description: "The operator's e-mail." }) email: string,
    @Args('password', { type: () => String, description: "The operator's password." })
    password: string,
  ): Promise<SessionType> {
    return this.logins.login(actor, email, password);
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
