import type { ExceptionFilter } from '@nestjs/common';

/** The filter of an area whose errors have a form of their own. */
export interface AreaFilter extends ExceptionFilter {
  /** Whether its routes are, or would be, at this URL, which starts with a slash. */
  owns(url: string): boolean;
}
