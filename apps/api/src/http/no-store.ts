import { applyDecorators, Header } from '@nestjs/common';

/** For answers that hold, or tell of, tokens. RFC 6749 §5.1 */
export const NoStore = () =>
  applyDecorators(Header('cache-control', 'no-store'), Header('pragma', 'no-cache'));
