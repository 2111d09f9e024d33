import { isUtf8 } from 'node:buffer';
import { CsvError, type Parser, parse } from 'csv-parse';
import { type Columns, malformed, quoted, type ReadRows, type Refusal, type Row } from './rows';
import { UnreadableUploadError } from './upload.errors';

/**
 * RFC 4180, the first record naming the columns, in any order. A record with too many values, too few, or bytes that
 * are no text hinders no other; after a misplaced quote nobody knows where the next record begins.
 * @throws UnreadableUploadError
 */
export async function* csvRows(
  bytes: AsyncIterable<Buffer>,
  columns: Columns,
  lineBytes: number,
): AsyncGenerator<ReadRows> {
  let header: readonly string[] | undefined;
  let rows: Row[] = [];
  let refusals: Refusal[] = [];
  const parser = parse({
    // Each byte as one character, for invalid UTF-8 to be found.
    encoding: 'latin1',
    record_delimiter: ['\r\n', '\n'],
    relax_column_count: true,
    skip_empty_lines: true,
    max_record_size: lineBytes,
    on_record: (record: readonly string[], { lines }: { readonly lines: number }) => {
      if (header === undefined) header = headerOf(record, columns);
      else {
        const read = rowOf(lines, record, header);
        if ('values' in read) rows.push(read);
        else refusals.push(read);
      }
      return null; // nothing goes through the stream
    },
  });
  parser.on('error', () => undefined).resume(); // thrown below
  const taken = (): ReadRows => {
    const read = { rows, refusals };
    [rows, refusals] = [[], []];
    return read;
  };

  for await (const chunk of bytes) {
    await write(parser, chunk);
    yield taken();
  }
  await write(parser, undefined);
  if (header === undefined)
    throw new UnreadableUploadError('The body is empty: a header is wanted');
  yield taken();
}

/** @param chunk undefined at the end @throws UnreadableUploadError */
async function write(parser: Parser, chunk: Buffer | undefined): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      parser.once('error', reject);
      const done = (error?: Error | null) => {
        parser.off('error', reject);
        if (error == null) resolve();
        else reject(error);
      };
      if (chunk === undefined) parser.end(done);
      else parser.write(chunk, done);
    });
  } catch (error) {
    if (error instanceof CsvError)
      throw new UnreadableUploadError(csvFault(error), { cause: error });
    throw error;
  }
}

/** Without what the record holds, which the parser quotes. */
function csvFault({ code, lines }: CsvError & { readonly lines?: unknown }): string {
  const place = typeof lines === 'number' ? `line ${lines}` : 'the end';
  switch (code) {
    case 'CSV_MAX_RECORD_SIZE':
      return `The record at ${place} is too long, or a quote before it is not closed`;
    case 'CSV_QUOTE_NOT_CLOSED':
      return `A quote is not closed at ${place}`;
    default:
      return `There is a quote where none may be at ${place}`;
  }
}

/** @throws UnreadableUploadError */
function headerOf(record: readonly string[], { required, optional }: Columns): readonly string[] {
  const names = record.map((name) => name.trim());
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

function rowOf(line: number, record: readonly string[], header: readonly string[]): Row | Refusal {
  if (record.length !== header.length) {
    return malformed(line, `The row has ${record.length} values, the header ${header.length}`);
  }
  const values: Record<string, string> = {};
  for (const [place, name] of header.entries()) {
    const value = decoded(record[place] ?? '');
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
