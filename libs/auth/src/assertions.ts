import { Injectable } from '@nestjs/common';

/** Things that may be used once: the jti of an assertion, the nonce of a signature. */
@Injectable()
export class Assertions {
  /** @returns false when it was used before. Of any number at once, one gets true. */
  use(_issuer: string, _jti: string, _until: Date): Promise<boolean> {
    throw new Error('Not yet');
  }
}
