/**
 * Lists how a body is packed, in the order in which that was done. `x-gzip` is an old name of gzip, and `identity` says
 * nothing (RFC 9110 §8.4.1).
 */
export function contentCodings(contentEncoding: string | undefined): readonly string[] {
  return (contentEncoding ?? '')
    .toLowerCase()
    .split(',')
    .map((coding) => coding.trim().replace(/^x-(gzip|compress)$/, '$1'))
    .filter((coding) => coding !== '' && coding !== 'identity');
}
