import type { MessageContent } from '../content/message';
import type { GatewayOptions } from './gateway-options';
import type { PushGateway } from './push-gateway';

/** One problem of a credential, without key material. */
export interface CredentialProblem {
  readonly field: string;
  /** What the field should have, or does wrong: a sentence that begins with the field. */
  readonly wants: string;
}

/** A credential as it is kept: the part for anybody who may see the application, and the part for the gateway alone. */
export interface KeptCredential {
  readonly facts: object;
  readonly secret: string;
}

/**
 * The facts that the rest of the server must know of a gateway; each has a room beside this one that says them.
 * @typeParam Credential what an application signs in with, all of it text, in one flat object
 */
export interface GatewayKind<Credential extends object = object> {
  /** The pace of an application for which none is set, in messages per second; 0 is unlimited. */
  readonly perSecond: number;

  /** The form of a device's token, in words that follow "wants". */
  readonly tokenForm: string;
  /** Returns the one spelling under which a token is stored; undefined for any other text. */
  tokenOf(text: string): string | undefined;

  /** The credential's member that nobody can read back. */
  readonly secretName: string;
  /** Members that a caller may leave out, with what they are where there was no credential before. */
  readonly defaults: object;
  /** Finds everything that is wrong with a credential, field by field. */
  problemsOf(credential: Credential): Iterable<CredentialProblem>;
  /** Lays out a credential without problems as `open` reads it. */
  keep(credential: Credential): KeptCredential;
  /**
   * Names the realm of a credential: the app as the gateway knows it, which decides the tokens that are valid. What one
   * credential learned of them holds for another of the same realm.
   */
  realmOf(credential: Credential): string;

  /** @throws InvalidMessageError when the gateway would refuse the message for every device */
  check(content: MessageContent): void;
  /** @param credential as `keep` lays it out, in one flat object again */
  open(credential: Credential, options: GatewayOptions): PushGateway;
}
