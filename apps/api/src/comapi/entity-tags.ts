/** Writes an entity tag by RFC 9110 §8.8.3. */
export const entityTag = (version: string) => `"${version}"`;

/**
 * Returns the versions of which a request wants one (RFC 9110 §13.1.1); undefined when any will do. Tags without
 * quotes, as some HTTP libraries hand them on, are taken too.
 */
export function wantedVersions(ifMatch: string | undefined): readonly string[] | undefined {
  if (ifMatch === undefined || ifMatch.trim() === '*') return undefined;
  return ifMatch.split(',').map((tag) => tag.trim().replace(/^(?:W\/)?"?([^"]*)"?$/, '$1'));
}
