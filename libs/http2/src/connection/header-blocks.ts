import { flags, ProtocolError } from '../frames/protocol';
import { contentEnd } from '../frames/padding';
import { Decoder } from '../hpack/decoder';
import type { FloodGuard } from './flood-guard';
import type { HeaderField } from './message-fields';

/** The header fields of a message, counted as SETTINGS_MAX_HEADER_LIST_SIZE is. */
export const maxHeaderListSize = 32_768;
/** A block is at most as large as the list in it, and a peer that cuts it up so finely only wants to keep us busy. */
const maxBlockBytes = 32_768;
const maxContinuations = 32;
const priorityBytes = 5;

interface OpenBlock {
  readonly streamId: number;
  readonly endStream: boolean;
  readonly fragments: Buffer[];
  bytes: number;
}

/** Reads header blocks from HEADERS and CONTINUATION frames (RFC 9113 §4.3, §6.2, §6.10). */
export class HeaderBlocks {
  private readonly decoder = new Decoder(undefined, maxHeaderListSize);
  /** The block that the next frame must go on with. */
  private open: OpenBlock | undefined;

  /** @param take is given each block, whatever becomes of its stream: all are decoded, for later ones refer to them */
  constructor(
    private readonly guard: FloodGuard,
    private readonly take: (
      streamId: number,
      endStream: boolean,
      fields: readonly HeaderField[],
    ) => void,
  ) {}

  /** Whether nothing but CONTINUATION may come. */
  get isOpen(): boolean {
    return this.open !== undefined;
  }

  onHeaders(flagBits: number, streamId: number, bytes: Buffer, start: number, end: number): void {
    const skipped = (flagBits & flags.priority) === 0 ? 0 : priorityBytes;
    const to = contentEnd('HEADERS', flagBits, bytes, start, end, skipped);
    const from = start + skipped + ((flagBits & flags.padded) === 0 ? 0 : 1);
    const endStream = (flagBits & flags.endStream) !== 0;
    if ((flagBits & flags.endHeaders) !== 0) {
      this.decode(streamId, endStream, bytes.subarray(from, to));
    } else {
      this.open = { streamId, endStream, fragments: [], bytes: 0 };
      add(this.open, bytes.subarray(from, to));
    }
  }

  onContinuation(
    flagBits: number,
    streamId: number,
    bytes: Buffer,
    start: number,
    end: number,
  ): void {
    const { open } = this;
    if (open?.streamId !== streamId) {
      throw new ProtocolError('PROTOCOL_ERROR', 'CONTINUATION of nothing');
    }
    this.guard.spend();
    add(open, bytes.subarray(start, end));
    if ((flagBits & flags.endHeaders) === 0) return;
    this.open = undefined;
    this.decode(streamId, open.endStream, Buffer.concat(open.fragments));
  }

  private decode(streamId: number, endStream: boolean, block: Buffer): void {
    const fields = this.decoder.decode(block);
    if (fields === undefined) {
      throw new ProtocolError('ENHANCE_YOUR_CALM', 'More header fields than SETTINGS allow');
    }
    this.take(streamId, endStream, fields);
  }
}

/** Keeps a copy: the frame's bytes are valid during the call only. @throws ProtocolError */
function add(open: OpenBlock, fragment: Buffer): void {
  open.bytes += fragment.length;
  if (open.bytes > maxBlockBytes || open.fragments.length > maxContinuations) {
    throw new ProtocolError('ENHANCE_YOUR_CALM', 'A header block without end');
  }
  open.fragments.push(Buffer.from(fragment));
}
