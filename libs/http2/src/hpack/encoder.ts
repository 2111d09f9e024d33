import { EncoderTable } from './encoder-table';
import { huffmanLength, writeHuffman } from './huffman';
import { initialTableSize } from './static-table';

/**
 * How a field goes on the wire:
 * - `indexed`: put into the table, and by its index from then on. For values that repeat.
 * - `name`: the first time put into the table for its name's sake, later in full beside the index of its name.
 * - `literal`: in full and never put into the table; only the name by an index where there is one.
 * - `never`: so too, and no intermediary may put it into a table either (RFC 7541 §7.1.3).
 */
export type Indexing = 'indexed' | 'name' | 'literal' | 'never';

/** A field as it is to be sent; name and value are octets, one a character. */
export type OutgoingField = readonly [name: string, value: string, indexing: Indexing];

/** Fields that many blocks have in common, for one encoder. */
export interface Head {
  readonly fields: readonly OutgoingField[];
  /** Their bytes, and the version of the table that these are for. */
  bytes: Buffer;
  version: number;
}

const noBytes = Buffer.alloc(0);
/** The blocks after which a table grows older; a head is made anew then, which takes as long as three sends. */
const blocksOfAnAge = 64;

/**
 * Compresses header blocks (RFC 7541). A block is begun, and then its fields are written in their order. The buffer must have
 * room for them: twelve octets for the beginning of a block, and for a field what it takes up in a table (§4.1).
 */
export class Encoder {
  private readonly table = new EncoderTable(initialTableSize);
  private tableSize = initialTableSize;
  /** The smallest size since the last block, if there was another one. */
  private smallest: number | undefined;
  private blocks = 0;

  /** @param maxTableSize the octets that our table takes up at most, whatever the peer allows */
  constructor(private readonly maxTableSize = initialTableSize) {
    this.setTableSize(initialTableSize);
  }

  /** Heeds the peer's SETTINGS_HEADER_TABLE_SIZE. */
  setTableSize(size: number): void {
    const next = Math.min(size, this.maxTableSize);
    if (next === this.tableSize) return;
    this.tableSize = next;
    this.smallest = Math.min(next, this.smallest ?? next);
    this.table.resize(next);
  }

  /** Makes a head of fields that go out with many blocks. */
  head(fields: readonly OutgoingField[]): Head {
    return { fields, bytes: noBytes, version: -1 };
  }

  /** Writes a whole block. @returns where it ends in the target */
  encode(fields: Iterable<OutgoingField>, target: Buffer, offset: number): number {
    let end = this.beginBlock(target, offset);
    for (const [name, value, indexing] of fields)
      end = this.writeField(name, value, indexing, target, end);
    return end;
  }

  /** Tells the peer of another table size: of the smallest since the last block, and of the last one (§4.2). */
  beginBlock(target: Buffer, offset: number): number {
    if (++this.blocks % blocksOfAnAge === 0) this.table.growOlder();
    if (this.smallest === undefined) return offset;
    const lowest = this.smallest;
    this.smallest = undefined;
    const begun = lowest < this.tableSize ? writeInteger(lowest, 0x20, 5, target, offset) : offset;
    return writeInteger(this.tableSize, 0x20, 5, target, begun);
  }

  /** Writes the fields of a head. Their bytes are made anew only when the table is no longer what it was. */
  writeHead(head: Head, target: Buffer, offset: number): number {
    const { version } = this.table;
    if (head.version === version) {
      target.set(head.bytes, offset);
      return offset + head.bytes.length;
    }
    let end = offset;
    for (const [name, value, indexing] of head.fields)
      end = this.writeField(name, value, indexing, target, end);
    if (this.table.version === version) {
      head.bytes = Buffer.from(target.subarray(offset, end));
      head.version = version;
    }
    return end;
  }

  writeField(
    name: string,
    value: string,
    indexing: Indexing,
    target: Buffer,
    offset: number,
  ): number {
    if (indexing === 'indexed') {
      const index = this.table.indexOf(name, value);
      if (index > 0) return writeInteger(index, 0x80, 7, target, offset);
    }
    const nameIndex = this.table.indexOfName(name);
    const repeats = indexing === 'indexed' || (indexing === 'name' && nameIndex === 0);
    if (repeats && this.table.admits(name, value)) {
      let end = writeInteger(nameIndex, 0x40, 6, target, offset);
      if (nameIndex === 0) end = writeShortened(name, target, end);
      end = writeShortened(value, target, end);
      this.table.insert(name, value);
      return end;
    }
    const flags = indexing === 'never' ? 0x10 : 0;
    let end = writeInteger(nameIndex, flags, 4, target, offset);
    if (nameIndex === 0) end = writeString(name, target, end);
    return writeString(value, target, end);
  }
}

/** Writes an integer that begins in the last bits of an octet (§5.1); the octet's other bits are given. */
function writeInteger(
  value: number,
  flags: number,
  bits: number,
  target: Buffer,
  offset: number,
): number {
  const most = (1 << bits) - 1;
  if (value < most) {
    target[offset] = flags | value;
    return offset + 1;
  }
  target[offset++] = flags | most;
  let rest = value - most;
  for (; rest >= 0x80; rest >>>= 7) target[offset++] = 0x80 | rest;
  target[offset++] = rest;
  return offset;
}

/**
 * Writes a string octet by octet. So goes all that is sent each time: Huffman code takes 21 octets off a path with a token, and
 * costs 500 ns, where this costs 70 and a whole block 300.
 */
function writeString(text: string, target: Buffer, offset: number): number {
  const start = writeInteger(text.length, 0, 7, target, offset);
  target.write(text, start, 'latin1');
  return start + text.length;
}

/** Writes a string in Huffman code where that is shorter. So goes what is sent once, into the table. */
function writeShortened(text: string, target: Buffer, offset: number): number {
  const length = huffmanLength(text);
  if (length >= text.length) return writeString(text, target, offset);
  return writeHuffman(text, target, writeInteger(length, 0x80, 7, target, offset));
}
