import type { Type } from '@nestjs/common';
import { ComapiErrorFilter } from './comapi/comapi-error.filter';
import { GraphQLErrorFilter } from './graphql/policy/graphql-error.filter';
import type { AreaFilter } from './http/area-filter';
import { OAuthErrorFilter } from './oauth/oauth-error.filter';
import { PowerAuthErrorFilter } from './powerauth/powerauth-error.filter';
import { AccountTokenErrorFilter } from './paymentsgate/account-token-error.filter';

/** They are asked in turn for what no controller has caught. */
export const areaFilters: readonly Type<AreaFilter>[] = [
  GraphQLErrorFilter,
  ComapiErrorFilter,
  OAuthErrorFilter,
  PowerAuthErrorFilter,
  AccountTokenErrorFilter,
];
