import { OperatorsService } from '@app/auth';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, Query, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, type Connection, PageArgs } from '../kit/connection';
import { operatorCursor } from '../kit/cursors';
import { CreateOperatorInput, UpdateOperatorInput } from './operator.input';
import { OperatorConnection, OperatorType } from './operator.type';

const OperatorId = () => Args('id', { type: () => ID, description: 'The operator.' });

@Resolver(() => OperatorType)
export class OperatorsResolver {
  constructor(private readonly operators: OperatorsService) {}

  @Query(() => OperatorType, { nullable: true, description: 'One operator.' })
  @Allow('operators:write')
  operator(@CurrentActor() actor: Actor, @OperatorId() id: string): Promise<OperatorType> {
    return this.operators.get(actor, id);
  }

  @Query(() => OperatorConnection, {
    name: 'operators',
    description: 'All operators, by e-mail.',
  })
  @Allow('operators:write')
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
  ): Promise<Connection<OperatorType>> {
    const listed = await this.operators.list(actor, operatorCursor.requestOf(page));
    return connect(listed, operatorCursor);
  }

  @Mutation(() => OperatorType, { description: 'Creates an operator.' })
  @Allow('operators:write')
  createOperator(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'Who it is.' }) input: CreateOperatorInput,
  ): Promise<OperatorType> {
    return this.operators.create(actor, input);
  }

  @Mutation(() => OperatorType, {
    description:
      'Changes the role of another operator, or lets that operator in no more. An enabled OWNER always remains.',
  })
  @Allow('operators:write')
  updateOperator(
    @CurrentActor() actor: Actor,
    @OperatorId() id: string,
    @Args('input', { description: 'What to change.' }) input: UpdateOperatorInput,
  ): Promise<OperatorType> {
    return this.operators.update(actor, id, input);
  }

  @Mutation(() => OperatorType, {
    description:
      'Gives another operator a new password, which has to be changed after the next login, and ends all sessions of that operator.',
  })
  @Allow('operators:write')
  resetOperatorPassword(
    @CurrentActor() actor: Actor,
    @OperatorId() id: string,
    @Args('password', { type: () => String, description: '12 to 256 characters.' })
    password: string,
  ): Promise<OperatorType> {
    return this.operators.resetPassword(actor, id, password);
  }

  @Mutation(() => OperatorType, {
    description: 'Removes another operator. An enabled OWNER always remains.',
  })
  @Allow('operators:write')
  removeOperator(@CurrentActor() actor: Actor, @OperatorId() id: string): Promise<OperatorType> {
    return this.operators.remove(actor, id);
  }
}
