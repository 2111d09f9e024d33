/** When logging in by the public key alone became what only old clients do, in seconds since 1970: 2025-11-21. */
const deprecatedSince = 1_763_726_400;

/** Say to whoever logs in by the public key alone that this is on its way out (RFC 9745), and when it ends (RFC 8594). */
export const legacyHeaders = (until: Date) => ({
  deprecation: `@${deprecatedSince}`,
  sunset: until.toUTCString(),
});
