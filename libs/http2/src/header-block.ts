import { ProtocolError } from './frames/protocol';

/** A block is at most as large as the list in it, and a peer that cuts it up so finely only wants to keep us busy. */
const maxBlockBytes = 32_768;
const maxContinuations = 32;

/** A header block that goes on in CONTINUATION frames, RFC 9113 §4.3 and §6.10. */
export class HeaderBlock {
  private readonly fragments: Buffer[] = [];
  private bytes = 0;

  constructor(
    readonly streamId: number,
    readonly endStream: boolean,
  ) {}

  /** @throws ProtocolError */
  add(bytes: Buffer, start: number, end: number): void {
    this.bytes += end - start;
    if (this.bytes > maxBlockBytes || this.fragments.length > maxContinuations) {
      throw new ProtocolError('ENHANCE_YOUR_CALM', 'A header block without end');
    }
    this.fragments.push(Buffer.from(bytes.subarray(start, end)));
  }

  whole(): Buffer {
    return Buffer.concat(this.fragments);
  }
}
