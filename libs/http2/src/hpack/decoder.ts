import { HpackError } from './hpack-error';
import { readHuffman } from './huffman';
import { initialTableSize, sizeOf, staticTable, type Field } from './static-table';

/** Decompresses header blocks (RFC 7541). */
export class Decoder {
  /** The dynamic table, oldest field first. */
  private readonly table: Field[] = [];
  private size = 0;
  private capacity = initialTableSize;
  /** The largest size that the peer may choose. */
  private limit = initialTableSize;
  /** The size that the peer must go down to, or below, at the beginning of the next block. */
  private demanded: number | undefined;

  /** What is being read, and how far. */
  private block: Buffer = Buffer.alloc(0);
  private at = 0;

  /**
   * @param maxTableSize what our SETTINGS said
   * @param maxListSize the octets of a list, counted as SETTINGS_MAX_HEADER_LIST_SIZE is
   */
  constructor(
    maxTableSize = initialTableSize,
    private readonly maxListSize = 65_536,
  ) {
    this.setTableSize(maxTableSize);
  }

  /** Holds the peer to another SETTINGS_HEADER_TABLE_SIZE of ours, which it has acknowledged. */
  setTableSize(size: number): void {
    this.limit = size;
    if (size < this.capacity) this.demanded = Math.min(size, this.demanded ?? size);
  }

  /**
   * Reads a whole block.
   *
   * @returns its fields in their order; `undefined` if they are more than a list may have, which spoils no other block
   * @throws HpackError on anything that is not a block
   */
  decode(block: Buffer): Field[] | undefined {
    this.block = block;
    this.at = 0;
    this.readSizes();
    const fields: Field[] = [];
    let listSize = 0;
    while (this.at < block.length) {
      const field = this.readField(block[this.at] ?? 0);
      listSize += sizeOf(field[0], field[1]);
      fields.push(field);
    }
    return listSize <= this.maxListSize ? fields : undefined;
  }

  /** Reads the changes of the table's size, which only the beginning of a block may have (§4.2). */
  private readSizes(): void {
    while ((this.block[this.at] ?? 0) >> 5 === 1) {
      const size = this.readInteger(5);
      if (size > (this.demanded ?? this.limit)) throw new HpackError('Table size above the limit');
      this.demanded = undefined;
      this.capacity = size;
      this.evict(size);
    }
    if (this.demanded !== undefined) throw new HpackError('Table size not lowered');
  }

  private readField(first: number): Field {
    if (first >= 0x80) return this.fieldAt(this.readInteger(7));
    if (first >= 0x40) return this.insert(this.readLiteral(6));
    if (first >= 0x20) throw new HpackError('Table size within a block');
    return this.readLiteral(4);
  }

  private readLiteral(bits: number): Field {
    const index = this.readInteger(bits);
    const name = index === 0 ? this.readString() : this.fieldAt(index)[0];
    return [name, this.readString()];
  }

  private fieldAt(index: number): Field {
    const field =
      index <= staticTable.length
        ? staticTable[index - 1]
        : this.table[this.table.length - (index - staticTable.length)];
    if (field === undefined) throw new HpackError('Index of no field');
    return field;
  }

  private insert(field: Field): Field {
    const size = sizeOf(field[0], field[1]);
    this.evict(this.capacity - size);
    // One that is larger than the whole table empties it and is no error (§4.4).
    if (size <= this.capacity) {
      this.table.push(field);
      this.size += size;
    }
    return field;
  }

  private evict(most: number): void {
    while (this.size > most) {
      const oldest = this.table.shift();
      if (oldest === undefined) return;
      this.size -= sizeOf(oldest[0], oldest[1]);
    }
  }

  private readString(): string {
    const coded = (this.block[this.at] ?? 0) >= 0x80;
    const length = this.readInteger(7);
    const start = this.at;
    const end = start + length;
    if (end > this.block.length) throw new HpackError('String cut off');
    this.at = end;
    return coded ? readHuffman(this.block, start, end) : this.block.toString('latin1', start, end);
  }

  /** Reads an integer that begins in the last bits of an octet (§5.1), and has at most 35 more: no block has use for larger ones. */
  private readInteger(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.nextOctet() & most;
    if (value < most) return value;
    for (let shift = 0; shift <= 28; shift += 7) {
      const octet = this.nextOctet();
      value += (octet & 0x7f) * 2 ** shift;
      if (octet < 0x80) return value;
    }
    throw new HpackError('Integer too large');
  }

  private nextOctet(): number {
    const octet = this.block[this.at++];
    if (octet === undefined) throw new HpackError('Block cut off');
    return octet;
  }
}
