import type { DomainError } from '@app/core';

/** The columns of an upload. */
export interface Columns {
  readonly required: readonly string[];
  readonly optional: readonly string[];
}

/** One row of an upload: text by column. */
export interface Row {
  /** The line in which the row ends; the first is 1. */
  readonly line: number;
  readonly values: Readonly<Record<string, string>>;
}

/** A row that was refused, as the uploader is told. */
export interface Refusal {
  readonly line: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

/** The result of reading: rows, and lines that are none. */
export interface ReadRows {
  readonly rows: readonly Row[];
  readonly refusals: readonly Refusal[];
}

export const malformed = (line: number, message: string, field?: string): Refusal => ({
  line,
  code: 'MALFORMED_ROW',
  message,
  ...(field !== undefined && { field }),
});

export const refusalOf = (line: number, { code, message, field }: DomainError): Refusal => ({
  line,
  code,
  message,
  ...(field !== undefined && { field }),
});

/** Quotes a name that came from outside, for messages. */
export const quoted = (name: string): string => JSON.stringify(name.slice(0, 40));

const byteOrderMark = Buffer.from('\ufeff');

/** Drops the byte order mark at the begin, however the bytes are cut. */
export async function* withoutByteOrderMark(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let begin: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of bytes) {
    if (begin === undefined) yield chunk;
    else {
      begin = Buffer.concat([begin, chunk]);
      if (begin.length < byteOrderMark.length) continue;
      yield begin.indexOf(byteOrderMark) === 0 ? begin.subarray(byteOrderMark.length) : begin;
      begin = undefined;
    }
  }
  if (begin !== undefined) yield begin;
}
