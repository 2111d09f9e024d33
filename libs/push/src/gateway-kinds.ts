import type { Gateway } from '@app/core';
import { apns } from './apns/apns';
import { assertWellWritten } from './content/content-rules';
import type { MessageContent } from './content/message';
import { fcm } from './fcm/fcm';
import type { GatewayKind } from './gateway/gateway-kind';

const kinds = { apns, fcm };
type Kinds = typeof kinds;

/** All gateways. A new one has a room of its own and an entry here. */
export const gatewayKinds: Readonly<Record<Gateway, GatewayKind>> = kinds;

/** The credential by which an application signs in to a gateway. */
export type CredentialOf<G extends Gateway> = Parameters<Kinds[G]['keep']>[0];
/** The part of a credential that may be read. */
export type CredentialFacts<G extends Gateway> = ReturnType<Kinds[G]['keep']>['facts'];
/** A new credential; a member with a default may be absent, and then is as it is. */
export type CredentialChange<G extends Gateway> = Omit<CredentialOf<G>, keyof Defaults<G>> &
  Partial<Defaults<G>>;
type Defaults<G extends Gateway> = Pick<
  CredentialOf<G>,
  keyof Kinds[G]['defaults'] & keyof CredentialOf<G>
>;

/** Checks a message against every gateway before it is stored. @throws InvalidMessageError */
export function validateContent(content: MessageContent): void {
  for (const kind of Object.values(gatewayKinds)) kind.check(content);
  assertWellWritten(content);
}
