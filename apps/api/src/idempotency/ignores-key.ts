import { SetMetadata } from '@nestjs/common';

export const ignoresKeyMetadata = 'carillon:ignores-idempotency-key';

/** Marks routes to which an Idempotency-Key means nothing: each request acts anew, or may come twice anyway. */
export const IgnoresIdempotencyKey = () => SetMetadata(ignoresKeyMetadata, true);
