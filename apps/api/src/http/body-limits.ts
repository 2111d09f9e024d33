import { Injectable } from '@nestjs/common';

/** The bounds of what the body of a request may cost, besides the most bytes that a route takes. */
@Injectable()
export class BodyLimits {
  /** The most bytes that are read of a caller who has not shown who he is: tokens, logins and small operations. */
  strangersBytes = 65_536;
  /** How long a body may take to come: a megabyte in half a minute, for the slowest line. */
  timeoutMs = 30_000;
  /** How long a client may send the rest in vain after its answer: one that is cut off at once does not read why. */
  discardMs = 10_000;
}
