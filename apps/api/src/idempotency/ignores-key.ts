import { SetMetadata } from '@nestjs/common';

export const ignoresKeyMetadata = 'carillon:ignores-idempotency-key';

/** For routes whose requests do what they do each time, or may come twice anyway: an Idempotency-Key means nothing to them. */
export const IgnoresIdempotencyKey = () => SetMetadata(ignoresKeyMetadata, true);
