import { Injectable } from '@nestjs/common';

/** How much one upload, and all together, may ask of a process. */
@Injectable()
export class UploadLimits {
  /** At once in this process. */
  uploads = 4;
  retryAfterSeconds = 10;
  /** Without a byte from an uploader, or without one read by it. */
  stallTimeoutMs = 60_000;
  /** After a refusal, for the client to send the rest in vain, read the answer and stop. */
  discardTimeoutMs = 10_000;
  /** Of one line or record. */
  lineBytes = 65_536;
  /** Rows in one transaction: as many as make its commit cheap, and few enough to be held many times over. */
  partRows = 5_000;
  /** What is read is stored by then, however slow the uploader. */
  partMs = 1_000;
  /** Times that a body may grow by being unpacked. Lists of ids grow by some ten. */
  expansion = 100;
  unpackedBytes = 16 * 1024 ** 3;
}
