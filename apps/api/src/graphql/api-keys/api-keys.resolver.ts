import { type ApiKey, ApiKeysService } from '@app/auth';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, type Connection, PageArgs } from '../kit/connection';
import { apiKeyCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import { assertAlone } from '../machines/assert-alone';
import {
  ApiKeyFilterInput,
  CreateApiKeyInput,
  RotateApiKeyInput,
  UpdateApiKeyInput,
} from './api-key.input';
import { ApiKeyConnection, ApiKeyPayload, ApiKeySecretType, ApiKeyType } from './api-key.type';

const ApiKeyId = () => Args('id', { type: () => ID, description: 'The API key.' });

@Resolver(() => ApiKeyType)
export class ApiKeysResolver {
  constructor(private readonly apiKeys: ApiKeysService) {}

  @Allow('clients:read')
  @Query(() => ApiKeyType, { nullable: true, description: 'One API key.' })
  apiKey(@CurrentActor() actor: Actor, @ApiKeyId() id: string): Promise<ApiKeyType> {
    return this.apiKeys.get(actor, id);
  }

  @Allow('clients:read')
  @Query(() => ApiKeyConnection, { name: 'apiKeys', description: 'API keys, by name.' })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: ApiKeyFilterInput = {},
  ): Promise<Connection<ApiKeyType>> {
    const apiKeys = await this.apiKeys.list(actor, filter, apiKeyCursor.requestOf(page));
    return connect(apiKeys, apiKeyCursor);
  }

  @Allow('clients:write')
  @Mutation(() => ApiKeyPayload, {
    description: 'Creates an API key, and shows its secret this once.',
  })
  createApiKey(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What it is.' }) input: CreateApiKeyInput,
  ): Promise<ApiKeyPayload> {
    return this.apiKeys.create(actor, input);
  }

  @Allow('clients:write')
  @Mutation(() => ApiKeyType, { description: 'Changes an API key; it takes effect within 5 s.' })
  updateApiKey(
    @CurrentActor() actor: Actor,
    @ApiKeyId() id: string,
    @Args('input', { description: 'What changes.' }) input: UpdateApiKeyInput,
  ): Promise<ApiKeyType> {
    const {
      allApplications = false,
      allAddresses = false,
      neverExpires = false,
      ...changes
    } = input;
    assertAlone('allApplications', allApplications, 'applicationIds', changes.applicationIds);
    assertAlone('allAddresses', allAddresses, 'allowedIps', changes.allowedIps);
    assertAlone('neverExpires', neverExpires, 'expiresAt', changes.expiresAt);
    return this.apiKeys.update(actor, id, {
      ...changes,
      ...(allApplications && { applicationIds: null }),
      ...(allAddresses && { allowedIps: null }),
      ...(neverExpires && { expiresAt: null }),
    });
  }

  @Allow('clients:write')
  @Mutation(() => ApiKeyPayload, {
    description:
      'Gives an API key another secret, and shows it this once. Those before stay good for a while.',
  })
  rotateApiKey(
    @CurrentActor() actor: Actor,
    @ApiKeyId() id: string,
    @Args('input', { description: 'For how long.' }) { keepPreviousSeconds }: RotateApiKeyInput,
  ): Promise<ApiKeyPayload> {
    return this.apiKeys.rotate(actor, id, keepPreviousSeconds);
  }

  @Allow('clients:write')
  @Mutation(() => ApiKeyType, {
    description: 'Ends an API key with all its secrets within 5 s, and for ever.',
  })
  revokeApiKey(@CurrentActor() actor: Actor, @ApiKeyId() id: string): Promise<ApiKeyType> {
    return this.apiKeys.revoke(actor, id);
  }

  @ResolveField(() => [ApiKeySecretType], {
    description: 'Its secrets, the newest first: the present one, and those before.',
  })
  secrets(
    { id }: ApiKey,
    _: unknown,
    { loaders }: RequestContext,
  ): Promise<readonly ApiKeySecretType[]> {
    return loaders.apiKeySecrets.load(id);
  }

  @ResolveField(() => String, {
    description: 'How its present secret begins, or the last that it had.',
  })
  async prefix({ id }: ApiKey, _: unknown, { loaders }: RequestContext): Promise<string> {
    const secrets = await loaders.apiKeySecrets.load(id);
    const present = secrets.find(({ endsAt }) => endsAt === null) ?? secrets[0];
    return present?.prefix ?? '';
  }
}
