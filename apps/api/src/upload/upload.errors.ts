import { DomainError, type ErrorKind, RateLimitedError } from '@app/core';

/** The upload can't be read on from here. What was stored until then stays. */
export class UnreadableUploadError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UNREADABLE_UPLOAD';
}

/** Nothing came for too long. */
export class StalledUploadError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UPLOAD_STALLED';

  constructor(timeoutMs: number) {
    super(`Nothing came for ${timeoutMs / 1000} s`);
  }
}

/** The connection was lost in the middle; nobody is there to read it. */
export class AbortedUploadError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UPLOAD_ABORTED';

  constructor() {
    super('The upload broke off');
  }
}

/** Something came, but too little of it: whoever holds a place has to use it. */
export class SlowUploadError extends DomainError {
  readonly kind = 'invalid';
  readonly code = 'UPLOAD_TOO_SLOW';

  constructor(leastBytesPerSecond: number) {
    super(`Less than ${leastBytesPerSecond} bytes a second came`);
  }
}

export class ServerStoppingError extends DomainError {
  readonly kind = 'unavailable';
  readonly code = 'SERVER_STOPPING';

  constructor() {
    super('The server stops; upload again');
  }
}

export class TooManyUploadsError extends RateLimitedError {
  constructor(atOnce: number, retryAfterSeconds: number, whose = '') {
    super(retryAfterSeconds);
    this.message = `${atOnce} uploads ${whose}are under way, as many as there may be`;
  }
}

/** An upload that ended early, with how far it came. */
export class IncompleteUploadError extends DomainError {
  readonly kind: ErrorKind;
  readonly code: string;

  constructor(cause: DomainError, rows: number) {
    super(`${cause.message}. ${rows} rows before it were dealt with; what was stored stays`, {
      cause,
    });
    this.kind = cause.kind;
    this.code = cause.code;
  }
}
