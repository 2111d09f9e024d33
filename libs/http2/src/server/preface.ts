import { ProtocolError } from '../frames/protocol';

const preface = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** Reads what every client begins with (RFC 9113 §3.4). */
export class Preface {
  private at = 0;

  /** @returns what comes after it @throws ProtocolError */
  read(chunk: Buffer): Buffer {
    const missing = preface.length - this.at;
    if (missing === 0) return chunk;
    const part = chunk.subarray(0, missing);
    if (!part.equals(preface.subarray(this.at, this.at + part.length))) {
      throw new ProtocolError('PROTOCOL_ERROR', 'The peer does not begin with the preface');
    }
    this.at += part.length;
    return chunk.subarray(part.length);
  }
}
