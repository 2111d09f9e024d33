import { Readable } from 'node:stream';
import type { ApiClient } from './api-client';

export const csv = 'text/csv';
export const ndjson = 'application/x-ndjson';

export interface UploadAnswer {
  readonly status: number;
  readonly type: string | null;
  /** The answer, or its lines. */
  readonly lines: Readonly<Record<string, unknown>>[];
}

/** What an upload may be sent as: at once, or in pieces as they are. */
export type UploadBody = string | Buffer | AsyncIterable<Buffer>;

/** Uploads a body. */
export async function upload(
  api: ApiClient,
  path: string,
  body: UploadBody,
  headers: Readonly<Record<string, string>> = {},
): Promise<UploadAnswer> {
  const isWhole = typeof body === 'string' || Buffer.isBuffer(body);
  const response = await api.fetch(`/upload/${path}`, {
    method: 'POST',
    headers: { 'content-type': csv, ...headers },
    body: isWhole ? body : Readable.toWeb(Readable.from(body)),
    duplex: 'half',
  });
  const type = response.headers.get('content-type');
  const text = await response.text();
  const texts = type === ndjson ? text.trimEnd().split('\n') : [text];
  const lines = texts.map((line) => JSON.parse(line) as Readonly<Record<string, unknown>>);
  return { status: response.status, type, lines };
}

/** Cut into pieces of so many bytes. */
export async function* pieces(text: string | Buffer, size: number): AsyncGenerator<Buffer> {
  const bytes = Buffer.from(text);
  for (let from = 0; from < bytes.length; from += size) {
    yield bytes.subarray(from, from + size);
    await new Promise(setImmediate);
  }
}
