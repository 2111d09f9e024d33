import { type OAuthClient, OAuthClientsService } from '@app/auth';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, type Connection, PageArgs } from '../kit/connection';
import { clientCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import { PublicKeyType } from '../keys/key.type';
import { assertAlone } from '../machines/assert-alone';
import { CreateClientInput, UpdateClientInput } from './client.input';
import { ClientConnection, ClientType } from './client.type';

const ClientId = () => Args('id', { type: () => ID, description: 'The client id.' });

@Resolver(() => ClientType)
export class ClientsResolver {
  constructor(private readonly clients: OAuthClientsService) {}

  @Allow('clients:read')
  @Query(() => ClientType, { nullable: true, description: 'One OAuth client.' })
  client(@CurrentActor() actor: Actor, @ClientId() id: string): Promise<ClientType> {
    return this.clients.get(actor, id);
  }

  @Allow('clients:read')
  @Query(() => ClientConnection, { name: 'clients', description: 'All OAuth clients, by id.' })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
  ): Promise<Connection<ClientType>> {
    return connect(await this.clients.list(actor, clientCursor.requestOf(page)), clientCursor);
  }

  @Allow('clients:write')
  @Mutation(() => ClientType, {
    description: 'Creates an OAuth client. It needs a key before it can get tokens.',
  })
  createClient(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What it is.' }) input: CreateClientInput,
  ): Promise<ClientType> {
    return this.clients.create(actor, input);
  }

  @Allow('clients:write')
  @Mutation(() => ClientType, {
    description: 'Changes an OAuth client. Tokens that it has follow within 5 s.',
  })
  updateClient(
    @CurrentActor() actor: Actor,
    @ClientId() id: string,
    @Args('input', { description: 'What changes.' }) input: UpdateClientInput,
  ): Promise<ClientType> {
    const { allApplications = false, ...changes } = input;
    assertAlone('allApplications', allApplications, 'applicationIds', changes.applicationIds);
    return this.clients.update(actor, id, {
      ...changes,
      ...(allApplications && { applicationIds: null }),
    });
  }

  @Allow('clients:write')
  @Mutation(() => ClientType, {
    description:
      'Removes an OAuth client with its keys; its tokens end within 5 s. Returns it as it was.',
  })
  removeClient(@CurrentActor() actor: Actor, @ClientId() id: string): Promise<ClientType> {
    return this.clients.remove(actor, id);
  }

  @Allow('keys:read')
  @ResolveField(() => [PublicKeyType], { description: 'Its keys, the newest first.' })
  keys({ id }: OAuthClient, _: unknown, { loaders }: RequestContext): Promise<PublicKeyType[]> {
    return loaders.clientKeys.load(id);
  }
}
