import type { Decoder } from '../hpack/decoder';
import { HpackError } from '../hpack/hpack-error';
import { staticTable, type Field } from '../hpack/static-table';

/** Reads a decoder's dynamic table, newest field first: all that an index can refer to. */
export function tableOf(decoder: Decoder): Field[] {
  const table: Field[] = [];
  for (let index = staticTable.length + 1; ; index++) {
    const block = index < 127 ? Buffer.of(0x80 | index) : Buffer.of(0xff, index - 127);
    try {
      table.push(...(decoder.decode(block) ?? []));
    } catch (error) {
      if (error instanceof HpackError) return table;
      throw error;
    }
  }
}
