import { Injectable } from '@nestjs/common';

/** The demands that one upload, and all together, may make of a process. */
@Injectable()
export class UploadLimits {
  /** The most uploads at once in this process. */
  uploads = 12;
  /** The most of them that one caller may have. */
  uploadsOfCaller = 4;
  /** The most uploads that store a part at the same moment; they leave connections of the database to everybody else. */
  storing = 4;
  retryAfterSeconds = 10;
  /** How long an uploader may send nothing, or read nothing. */
  stallTimeoutMs = 60_000;
  /** The least that an uploader sends while he is waited for, in bytes a second. */
  leastBytesPerSecond = 256;
  /** How long he is waited for, all in all, before his rate counts; then it counts anew. */
  rateWindowMs = 60_000;
  /** How long a client may send the rest in vain after a refusal, to read the answer and stop. */
  discardTimeoutMs = 10_000;
  /** The most bytes of one line or record. */
  lineBytes = 65_536;
  /** The rows in one transaction: enough to make its commit cheap, and few enough to be held many times over. */
  partRows = 5_000;
  /** The time after which what was read is stored, however slow the uploader. */
  partMs = 1_000;
  /** How many times its size a body may have once unpacked. Lists of ids grow by some ten. */
  expansion = 100;
  unpackedBytes = 16 * 1024 ** 3;
}
