import { InvalidRequestError, jwtBearerGrant, UnsupportedGrantTypeError } from '@app/auth';
import type { Form } from './form';

/** A request for a token. */
export interface GrantRequest {
  readonly assertion: string;
  readonly scope: string | undefined;
}

/** The parameters that prove a caller. One who sends two may be the victim of somebody who added his own. RFC 6749 §2.3 */
const credentials = ['assertion', 'client_assertion', 'client_secret', 'refresh_token'] as const;

/**
 * Reads the assertion as a bearer, which needs no body, as Xtremepush has it; or as the form of RFC 7523 §2.1.
 * @throws InvalidRequestError, UnsupportedGrantTypeError
 */
export function grantRequestOf(authorization: string | undefined, form: Form): GrantRequest {
  const given = credentials.filter((name) => form[name] !== undefined);
  if (given.length + (authorization === undefined ? 0 : 1) > 1) {
    throw new InvalidRequestError('The request wants one credential');
  }
  const { grant_type: grantType, scope } = form;
  if (grantType !== undefined && grantType !== jwtBearerGrant) {
    throw new UnsupportedGrantTypeError(jwtBearerGrant);
  }
  if (authorization !== undefined) return { assertion: bearer(authorization), scope };
  if (grantType === undefined) throw new InvalidRequestError('grant_type is missing');
  if (form.assertion === undefined) throw new InvalidRequestError('assertion is missing');
  return { assertion: form.assertion, scope };
}

/** Reads a bearer of any letters; the verifier judges them. */
function bearer(authorization: string): string {
  const [, assertion] = /^Bearer +(\S+)$/i.exec(authorization) ?? [];
  if (assertion !== undefined) return assertion;
  throw new InvalidRequestError('Authorization wants the scheme Bearer and an assertion');
}
