import { isUtf8 } from 'node:buffer';
import { type Columns, malformed, quoted, type ReadRows, type Refusal, type Row } from './rows';

const lineFeed = 0x0a;

/** Reads one JSON object a line, with text by column; null is absent. A wrong line keeps out no other. */
export async function* ndjsonRows(
  bytes: AsyncIterable<Buffer>,
  columns: Columns,
  lineBytes: number,
): AsyncGenerator<ReadRows> {
  const names = new Set([...columns.required, ...columns.optional]);
  let line = 0;
  let begun: Buffer[] = [];
  let begunBytes = 0;

  const readLine = (last: Buffer): Row | Refusal | undefined => {
    line++;
    const isTooLong = begunBytes + last.length > lineBytes;
    const text = begun.length === 0 ? last : Buffer.concat([...begun, last]);
    [begun, begunBytes] = [[], 0];
    if (isTooLong) return malformed(line, `The line is longer than ${lineBytes} bytes`);
    return rowOf(line, text, names);
  };
  const read = (lines: readonly Buffer[]): ReadRows => {
    const found = lines.flatMap((one) => readLine(one) ?? []);
    return {
      rows: found.filter((one) => 'values' in one),
      refusals: found.filter((one) => 'code' in one),
    };
  };

  for await (const chunk of bytes) {
    const lines: Buffer[] = [];
    let from = 0;
    for (let to = chunk.indexOf(lineFeed); to !== -1; to = chunk.indexOf(lineFeed, from)) {
      lines.push(chunk.subarray(from, to));
      from = to + 1;
    }
    yield read(lines);
    const rest = chunk.subarray(from);
    // Of a line that is too long no more is kept.
    if (begunBytes <= lineBytes) begun.push(rest);
    begunBytes += rest.length;
  }
  if (begunBytes > 0) yield read([Buffer.alloc(0)]);
}

/** @returns undefined for an empty line */
function rowOf(line: number, bytes: Buffer, names: ReadonlySet<string>): Row | Refusal | undefined {
  if (!isUtf8(bytes)) return malformed(line, 'The line is not UTF-8');
  const text = bytes.toString().trim();
  if (text === '') return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return malformed(line, 'The line is not JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return malformed(line, 'The line is no JSON object');
  }
  const values: Record<string, string> = {};
  for (const [name, member] of Object.entries(value) as [string, unknown][]) {
    if (!names.has(name)) return malformed(line, `There is no member ${quoted(name)}`);
    if (member === null) continue;
    if (typeof member !== 'string') return malformed(line, `${name} wants text`, name);
    values[name] = member;
  }
  return { line, values };
}
