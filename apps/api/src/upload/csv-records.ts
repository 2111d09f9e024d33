import { UnreadableUploadError } from './upload.errors';

export interface CsvRecord {
  /** The line in which the record ends; the first is 1. */
  readonly line: number;
  readonly fields: readonly string[];
}

/**
 * Cuts text into the records of RFC 4180, with line feeds or CRLF; empty and blank lines are none. It is our own,
 * because what a general parser leaves behind for each record is most of the memory that an upload costs.
 */
export class CsvRecords {
  /** The fault after which nothing more can be read. */
  fault: UnreadableUploadError | undefined;
  private rest = '';
  private line = 0;

  constructor(private readonly longest: number) {}

  /** @returns the records that end in this text, up to a fault */
  push(text: string): CsvRecord[] {
    return this.untilFault((records) => {
      this.cut(text, records);
    });
  }

  /** @returns the record that ends with the text, if any */
  end(): CsvRecord[] {
    return this.untilFault((records) => {
      this.line += this.rest.split('\n').length;
      this.add(records, this.rest);
    });
  }

  private untilFault(read: (records: CsvRecord[]) => void): CsvRecord[] {
    const records: CsvRecord[] = [];
    try {
      read(records);
    } catch (error) {
      if (!(error instanceof UnreadableUploadError)) throw error;
      this.fault = error;
    }
    return records;
  }

  private cut(text: string, records: CsvRecord[]): void {
    const all = this.rest + text;
    let [begin, isOpen] = [0, false];
    let quote = placeOf(all, '"', 0);
    for (let to = all.indexOf('\n'); to !== -1; to = all.indexOf('\n', to + 1)) {
      this.line++;
      const wasOpen = isOpen;
      // A line feed is inside of quotes when there is an odd number of them before it.
      for (; quote < to; quote = placeOf(all, '"', quote + 1)) isOpen = !isOpen;
      if (to - begin > this.longest) throw this.tooLong();
      if (!isOpen) {
        this.add(records, all.slice(begin, to));
        begin = to + 1;
      } else if (!wasOpen && fieldsOf(all.slice(begin, to)) === 'misplaced') {
        throw this.quoteFault('misplaced');
      }
    }
    this.rest = all.slice(begin);
    if (this.rest.length > this.longest) throw this.tooLong();
    this.line -= this.rest.split('\n').length - 1; // they are seen again with the next text
  }

  private add(records: CsvRecord[], text: string): void {
    const record = text.endsWith('\r') ? text.slice(0, -1) : text;
    if (/^[ \t]*$/.test(record)) return;
    const fields = record.includes('"') ? fieldsOf(record) : record.split(',');
    if (typeof fields === 'string') throw this.quoteFault(fields);
    records.push({ line: this.line, fields });
  }

  private quoteFault(fault: QuoteFault): UnreadableUploadError {
    return new UnreadableUploadError(
      fault === 'open'
        ? `A quote is not closed at line ${this.line}`
        : `There is a quote where none may be at line ${this.line}`,
    );
  }

  private tooLong(): UnreadableUploadError {
    return new UnreadableUploadError(
      `The record at line ${Math.max(this.line, 1)} is longer than ${this.longest} bytes, or a quote is not closed`,
    );
  }
}

/** A fault of quotes; `open`: the record ends in them. */
type QuoteFault = 'open' | 'misplaced';

function fieldsOf(record: string): string[] | QuoteFault {
  const fields: string[] = [];
  for (let at = 0; ;) {
    let end: number;
    if (record.startsWith('"', at)) {
      let closing = record.indexOf('"', at + 1);
      while (closing !== -1 && record.startsWith('"', closing + 1)) {
        closing = record.indexOf('"', closing + 2);
      }
      if (closing === -1) return 'open';
      fields.push(record.slice(at + 1, closing).replaceAll('""', '"'));
      end = closing + 1;
      if (end < record.length && !record.startsWith(',', end)) return 'misplaced';
    } else {
      const comma = record.indexOf(',', at);
      end = comma === -1 ? record.length : comma;
      const field = record.slice(at, end);
      if (field.includes('"')) return 'misplaced';
      fields.push(field);
    }
    if (end >= record.length) return fields;
    at = end + 1;
  }
}

/** Works as `indexOf`, but gives Infinity for none. */
function placeOf(text: string, character: string, from: number): number {
  const place = text.indexOf(character, from);
  return place === -1 ? Infinity : place;
}
