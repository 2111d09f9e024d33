import { type ServiceAccount, ServiceAccountsService } from '@app/auth';
import type { Actor } from '@app/core';
import { Args, ID, Mutation, Query, ResolveField, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { connect, type Connection, PageArgs } from '../kit/connection';
import { accountCursor } from '../kit/cursors';
import type { RequestContext } from '../kit/request-context';
import { PublicKeyType } from '../keys/key.type';
import { assertAlone } from '../machines/assert-alone';
import {
  CreateServiceAccountInput,
  ServiceAccountFilterInput,
  SetServiceAccountLoginModeInput,
  UpdateServiceAccountInput,
} from './service-account.input';
import {
  LegacyLoginType,
  ServiceAccountConnection,
  ServiceAccountType,
} from './service-account.type';

const AccountId = () => Args('id', { type: () => ID, description: 'The account_id.' });

@Resolver(() => ServiceAccountType)
export class ServiceAccountsResolver {
  constructor(private readonly accounts: ServiceAccountsService) {}

  @Allow('clients:read')
  @Query(() => ServiceAccountType, { nullable: true, description: 'One service account.' })
  serviceAccount(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
  ): Promise<ServiceAccountType> {
    return this.accounts.get(actor, id);
  }

  @Allow('clients:read')
  @Query(() => ServiceAccountConnection, {
    name: 'serviceAccounts',
    description: 'Service accounts, by id.',
  })
  async list(
    @CurrentActor() actor: Actor,
    @Args() page: PageArgs,
    @Args('filter', { nullable: true, description: 'Which ones; all when absent.' })
    filter: ServiceAccountFilterInput = {},
  ): Promise<Connection<ServiceAccountType>> {
    const accounts = await this.accounts.list(actor, filter, accountCursor.requestOf(page));
    return connect(accounts, accountCursor);
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, {
    description:
      'Creates a service account, in the mode ASSERTION_ONLY. It needs a key before it can get tokens.',
  })
  createServiceAccount(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'What it is.' }) input: CreateServiceAccountInput,
  ): Promise<ServiceAccountType> {
    return this.accounts.create(actor, input);
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, { description: 'Changes a service account.' })
  updateServiceAccount(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
    @Args('input', { description: 'What changes.' }) input: UpdateServiceAccountInput,
  ): Promise<ServiceAccountType> {
    const {
      allApplications = false,
      allAddresses = false,
      neverExpires = false,
      ...changes
    } = input;
    assertAlone('allApplications', allApplications, 'applicationIds', changes.applicationIds);
    assertAlone('allAddresses', allAddresses, 'allowedIps', changes.allowedIps);
    assertAlone('neverExpires', neverExpires, 'expiresAt', changes.expiresAt);
    return this.accounts.update(actor, id, {
      ...changes,
      ...(allApplications && { applicationIds: null }),
      ...(allAddresses && { allowedIps: null }),
      ...(neverExpires && { expiresAt: null }),
    });
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, {
    description:
      'Says how a service account logs in. Its tokens of another mode end within 5 s. Addresses must be limited, scopes modest and its keys its own while the public key alone is enough.',
  })
  setServiceAccountLoginMode(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
    @Args('input', { description: 'The mode.' }) input: SetServiceAccountLoginModeInput,
  ): Promise<ServiceAccountType> {
    return this.accounts.setLoginMode(actor, id, input);
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, {
    description: 'Keeps a service account out; its tokens end within 5 s, and for good.',
  })
  blockServiceAccount(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
  ): Promise<ServiceAccountType> {
    return this.accounts.block(actor, id);
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, { description: 'Lets a service account log in again.' })
  unblockServiceAccount(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
  ): Promise<ServiceAccountType> {
    return this.accounts.unblock(actor, id);
  }

  @Allow('clients:write')
  @Mutation(() => ServiceAccountType, {
    description:
      'Removes a service account with its keys; its tokens end within 5 s. Returns it as it was.',
  })
  removeServiceAccount(
    @CurrentActor() actor: Actor,
    @AccountId() id: string,
  ): Promise<ServiceAccountType> {
    return this.accounts.remove(actor, id);
  }

  @Allow('clients:read')
  @ResolveField(() => LegacyLoginType, {
    nullable: true,
    description: 'Its last login by the public key alone; null when there was none.',
  })
  lastLegacyLogin(account: ServiceAccount): LegacyLoginType | null {
    const { lastLegacyLoginAt: at, lastLegacyAddress, lastLegacyUserAgent } = account;
    return at && { at, address: lastLegacyAddress, userAgent: lastLegacyUserAgent };
  }

  @Allow('keys:read')
  @ResolveField(() => [PublicKeyType], { description: 'Its keys, the newest first.' })
  keys({ id }: ServiceAccount, _: unknown, { loaders }: RequestContext): Promise<PublicKeyType[]> {
    return loaders.accountKeys.load(id);
  }
}
