/** The date, in seconds since 1970, since when only old clients log in by the public key alone: 2025-11-21. */
const deprecatedSince = 1_763_726_400;

/** Tells whoever logs in by the public key alone that this is on its way out (RFC 9745), and when it ends (RFC 8594). */
export const legacyHeaders = (until: Date) => ({
  deprecation: `@${deprecatedSince}`,
  sunset: until.toUTCString(),
});
