import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { DomainError } from '@app/core';
import { UnreadableUploadError } from './upload.errors';
import type { UploadLimits } from './upload-limits';

/** The size up to which any growth is fine: a small list of like lines packs very well. */
const harmlessBytes = 1024 ** 2;

/** Unpacks gzip. @throws UnreadableUploadError for what is no gzip, or grows out of all proportion */
export async function* unpacked(
  packed: AsyncIterable<Buffer>,
  { expansion, unpackedBytes }: UploadLimits,
): AsyncGenerator<Buffer> {
  let [read, made] = [0, 0];
  async function* counted() {
    for await (const chunk of packed) {
      read += chunk.length;
      yield chunk;
    }
  }
  const gunzip = createGunzip();
  pipeline(counted, gunzip, () => undefined); // a fault is thrown by the loop below
  try {
    for await (const chunk of gunzip as AsyncIterable<Buffer>) {
      made += chunk.length;
      if (made > unpackedBytes || made > harmlessBytes + read * expansion) {
        throw new UnreadableUploadError('The gzip body unpacks to much more than it is');
      }
      yield chunk;
    }
  } catch (error) {
    if (error instanceof DomainError) throw error;
    throw new UnreadableUploadError('The body is not what gzip makes', { cause: error });
  }
}
