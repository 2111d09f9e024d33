import { flags, ProtocolError } from './protocol';

/**
 * Finds where the content of a HEADERS or DATA frame ends and its padding begins (RFC 9113 §6.1).
 * @param skipped the bytes of other fields, behind the length of the padding
 * @throws ProtocolError
 */
export function contentEnd(
  frame: string,
  flagBits: number,
  bytes: Buffer,
  start: number,
  end: number,
  skipped = 0,
): number {
  const isPadded = (flagBits & flags.padded) !== 0;
  const content = start + skipped + (isPadded ? 1 : 0);
  if (content > end) throw new ProtocolError('FRAME_SIZE_ERROR', `${frame} too short`);
  if (!isPadded) return end;
  const contentEnd = end - (bytes[start] ?? 0);
  if (content > contentEnd) {
    throw new ProtocolError('PROTOCOL_ERROR', 'More padding than payload');
  }
  return contentEnd;
}
