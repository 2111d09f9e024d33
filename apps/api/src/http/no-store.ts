import { applyDecorators, Header } from '@nestjs/common';

/** Keeps answers that hold tokens, or tell of them, out of caches. RFC 6749 §5.1 */
export const NoStore = () =>
  applyDecorators(Header('cache-control', 'no-store'), Header('pragma', 'no-cache'));
