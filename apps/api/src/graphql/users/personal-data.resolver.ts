import type { Actor } from '@app/core';
import { PersonalData } from '@app/personal-data';
import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { UserErasureType, UserExportType } from './personal-data.type';

const theUser = { type: () => ID, description: "The customer's own id." };

/** Answers what people ask of their data. */
@Resolver()
export class PersonalDataResolver {
  constructor(private readonly personalData: PersonalData) {}

  @Allow('users:export')
  @Mutation(() => UserExportType, {
    description:
      'Shows all that is kept of a user, in the applications that the caller reaches. A mutation, for it stands in the audit trail.',
  })
  exportUser(
    @CurrentActor() actor: Actor,
    @Args('userId', theUser) userId: string,
  ): Promise<UserExportType> {
    return this.personalData.export(actor, userId);
  }

  @Allow('users:erase')
  @Mutation(() => UserErasureType, {
    description:
      'Erases all that is kept of a user, in the applications that the caller reaches, but for the audit trail.',
  })
  eraseUser(
    @CurrentActor() actor: Actor,
    @Args('userId', theUser) userId: string,
  ): Promise<UserErasureType> {
    return this.personalData.erase(actor, userId);
  }
}
