import { OwnedKeys } from '@app/auth';
import type { Actor } from '@app/core';
import { type KeyOwner, SigningKeys } from '@app/keys';
import { Args, ID, Mutation, Resolver } from '@nestjs/graphql';
import { Allow } from '../../access/allow';
import { CurrentActor } from '../../access/current-actor';
import { InvalidInputError } from '../../http/invalid-input.error';
import { AddKeyInput } from './key.input';
import { PublicKeyType, SigningKeyType } from './key.type';

const KeyId = () => Args('id', { type: () => ID, description: 'The key.' });

@Resolver(() => PublicKeyType)
export class KeysResolver {
  constructor(
    private readonly keys: OwnedKeys,
    private readonly signingKeys: SigningKeys,
  ) {}

  @Allow('keys:write')
  @Mutation(() => PublicKeyType, {
    description: 'Adds a key to an owner; it may have several, for rotation.',
  })
  addKey(
    @CurrentActor() actor: Actor,
    @Args('input', { description: 'The key and whose it is.' }) input: AddKeyInput,
  ): Promise<PublicKeyType> {
    return this.keys.add(actor, ownerOf(input), input);
  }

  @Allow('keys:write')
  @Mutation(() => PublicKeyType, {
    description:
      'Turns a key on or off; what was signed by it, or got through it, ends within 5 s.',
  })
  setKeyEnabled(
    @CurrentActor() actor: Actor,
    @KeyId() id: string,
    @Args('enabled', { type: () => Boolean, description: 'Whether it is to be in use.' })
    enabled: boolean,
  ): Promise<PublicKeyType> {
    return this.keys.setEnabled(actor, id, enabled);
  }

  @Allow('keys:write')
  @Mutation(() => PublicKeyType, {
    description: 'Removes a key, as turning it off does, for good. Returns it as it was.',
  })
  removeKey(@CurrentActor() actor: Actor, @KeyId() id: string): Promise<PublicKeyType> {
    return this.keys.remove(actor, id);
  }

  @Allow('keys:write')
  @Mutation(() => SigningKeyType, {
    description:
      "Makes Carillon's next signing key. It is published at once and signs a little later; tokens of the one before stay good.",
  })
  rotateSigningKey(@CurrentActor() actor: Actor): Promise<SigningKeyType> {
    return this.signingKeys.rotate(actor);
  }

  @Allow('keys:write')
  @Mutation(() => SigningKeyType, {
    description:
      'Ends a signing key of Carillon that leaked: every token that it signed ends within 5 s, your own among them perhaps. There is a new one at once. Not to be undone.',
  })
  revokeSigningKey(
    @CurrentActor() actor: Actor,
    @Args('kid', { type: () => String, description: 'Its name in tokens and in the JWKS.' })
    kid: string,
  ): Promise<SigningKeyType> {
    return this.signingKeys.revoke(actor, kid);
  }
}

function ownerOf({ clientId, serviceAccountId, applicationId }: AddKeyInput): KeyOwner {
  const owners: readonly KeyOwner[] = [
    ...(clientId === undefined ? [] : [{ kind: 'client' as const, id: clientId }]),
    ...(serviceAccountId === undefined
      ? []
      : [{ kind: 'service_account' as const, id: serviceAccountId }]),
    ...(applicationId === undefined
      ? []
      : [{ kind: 'application' as const, id: String(applicationId) }]),
  ];
  const [owner] = owners;
  if (owner !== undefined && owners.length === 1) return owner;
  throw new InvalidInputError('input', 'wants one of clientId, serviceAccountId and applicationId');
}
