import { OperatorsService } from '@app/auth';
import type { Actor } from '@app/core';
import { Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import type { RequestContext } from '../kit/request-context';
import { OperatorType } from '../operators/operator.type';
import { ViewerType } from './viewer.type';

@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(private readonly operators: OperatorsService) {}

  @Query(() => ViewerType, { description: 'Who the token says that you are.' })
  @Allow('authenticated')
  viewer(@CurrentActor() { kind, id, permissions, applicationIds }: Actor): ViewerType {
    return {
      kind,
      id,
      permissions: [...permissions].sort(),
      applicationIds: applicationIds === undefined ? null : [...applicationIds],
    };
  }

  @ResolveField(() => OperatorType, {
    nullable: true,
    description: 'The operator, when the caller is one.',
  })
  @Allow('authenticated')
  async operator(
    _: ViewerType,
    __: unknown,
    { actor }: RequestContext,
  ): Promise<OperatorType | null> {
    return (await this.operators.self(actor)) ?? null;
  }
}
