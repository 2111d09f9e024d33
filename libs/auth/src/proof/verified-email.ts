/**
 * Reads the e-mail of a proven token's user, for which the signer vouches: `email` where `email_verified` is true (OpenID
 * Connect Core 1.0 §5.1). One without that proves nothing.
 */
export function verifiedEmailOf(claims: Readonly<Record<string, unknown>>): string | undefined {
  const { email, email_verified: isVerified } = claims;
  return isVerified === true && typeof email === 'string' ? email : undefined;
}
