import type { ExceptionFilter, Type } from '@nestjs/common';
import { ComapiErrorFilter } from '../comapi/comapi-error.filter';
import { GraphQLErrorFilter } from '../graphql/graphql-error.filter';
import { OAuthErrorFilter } from '../oauth/oauth-error.filter';
import { PowerAuthErrorFilter } from '../powerauth/powerauth-error.filter';
import { AccountTokenErrorFilter } from '../service-accounts/account-token-error.filter';

/** The filter of an area whose errors have a form of their own. */
export interface AreaFilter extends ExceptionFilter {
  /** Whether its routes are, or would be, at this URL, which starts with a slash. */
  owns(url: string): boolean;
}

/** They are asked in turn for what no controller has caught. */
export const areaFilters: readonly Type<AreaFilter>[] = [
  GraphQLErrorFilter,
  ComapiErrorFilter,
  OAuthErrorFilter,
  PowerAuthErrorFilter,
  AccountTokenErrorFilter,
];
