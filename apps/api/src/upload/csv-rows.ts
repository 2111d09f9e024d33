import { isUtf8 } from 'node:buffer';
import { type CsvRecord, CsvRecords } from './csv-records';
import { type Columns, malformed, quoted, type ReadRows, type Refusal, type Row } from './rows';
import { UnreadableUploadError } from './upload.errors';

/**
 * The first record names the columns, in any order; empty ones at its end, as spreadsheets write them, are none. Blanks
 * around a value, also the kind that does not break, are not part of it. A record with too many values, too few, or bytes that are no text
 * hinders no other; after a misplaced quote nobody knows where the next record begins.
 * @throws UnreadableUploadError
 */
export async function* csvRows(
  bytes: AsyncIterable<Buffer>,
  columns: Columns,
  lineBytes: number,
): AsyncGenerator<ReadRows> {
  const reader = new CsvRecords(lineBytes);
  let header: readonly string[] | undefined;
  const read = (records: readonly CsvRecord[]): ReadRows => {
    const rows: Row[] = [];
    const refusals: Refusal[] = [];
    for (const record of records) {
      if (header === undefined) {
        header = headerOf(record.fields, columns);
        continue;
      }
      const one = rowOf(record, header);
      if ('values' in one) rows.push(one);
      else refusals.push(one);
    }
    return { rows, refusals };
  };
  // Each byte as one character, so that no character is cut and invalid UTF-8 is found.
  for await (const chunk of bytes) {
    yield read(reader.push(chunk.toString('latin1')));
    if (reader.fault !== undefined) throw reader.fault;
  }
  const last = read(reader.end());
  if (header === undefined && reader.fault === undefined) {
    throw new UnreadableUploadError('The body is empty: a header is wanted');
  }
  yield last;
  if (reader.fault !== undefined) throw reader.fault;
}

/** @throws UnreadableUploadError */
function headerOf(record: readonly string[], { required, optional }: Columns): readonly string[] {
  const names = withoutEmptyEnd(record.map((name) => decoded(name)?.trim() ?? name));
  const known = [...required, ...optional];
  const wanted = `the header wants ${known.join(', ')}`;
  const unknown = names.find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new UnreadableUploadError(`There is no column ${quoted(unknown)}: ${wanted}`);
  }
  const twice = names.find((name, place) => names.indexOf(name) !== place);
  if (twice !== undefined) throw new UnreadableUploadError(`The column ${twice} is there twice`);
  const missing = required.find((name) => !names.includes(name));
  if (missing !== undefined) {
    throw new UnreadableUploadError(`The column ${missing} is missing: ${wanted}`);
  }
  return names;
}

function withoutEmptyEnd(values: readonly string[], least = 0): readonly string[] {
  let end = values.length;
  while (end > least && values[end - 1]?.trim() === '') end--;
  return values.slice(0, end);
}

function rowOf(record: CsvRecord, header: readonly string[]): Row | Refusal {
  const { line } = record;
  const fields = withoutEmptyEnd(record.fields, header.length);
  if (fields.length !== header.length) {
    return malformed(line, `The row has ${fields.length} values, the header ${header.length}`);
  }
  const values: Record<string, string> = {};
  for (const [place, name] of header.entries()) {
    const value = decoded(fields[place] ?? '')?.trim();
    if (value === undefined) return malformed(line, `${name} is not UTF-8`, name);
    if (value !== '') values[name] = value;
  }
  return { line, values };
}

/** @param bytes each as one character @returns undefined unless they are UTF-8 */
function decoded(bytes: string): string | undefined {
  if (/^[^\x80-\xff]*$/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  return isUtf8(buffer) ? buffer.toString() : undefined;
}
