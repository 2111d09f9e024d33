/** A header block breaks RFC 7541. It leaves the table unknown, so the connection ends (COMPRESSION_ERROR, RFC 9113 §4.3). */
export class HpackError extends Error {
  override readonly name = 'HpackError';
}
