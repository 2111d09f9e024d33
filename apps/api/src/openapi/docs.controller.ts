import { Config } from '@app/core';
import { Controller, Get, Header } from '@nestjs/common';
import { Allow } from '../access/allow';
import { powerAuthControllers } from '../powerauth/powerauth.module';
import { accountRoutes } from './account-routes';
import { carillonRoutes } from './carillon-routes';
import { comapiRoutes } from './comapi-routes';
import { docsPage } from './docs-page';
import { documentOf, type OpenApi } from './document';
import { powerAuthRoutes } from './powerauth-routes';

/** Serves the description of all HTTP routes, ours first, for programs and for readers. */
@Controller()
@Allow('anyone')
export class DocsController {
  private readonly document: OpenApi;

  constructor({ powerAuthCompat, powerAuthCompatPrefix, publicUrl }: Config) {
    const controllers = powerAuthCompat === 'off' ? [] : powerAuthControllers;
    const powerAuth = powerAuthRoutes(controllers, powerAuthCompatPrefix);
    this.document = documentOf([carillonRoutes, accountRoutes, comapiRoutes, powerAuth], publicUrl);
  }

  @Get('openapi.json')
  openApi(): OpenApi {
    return this.document;
  }

  /** Serves a page that needs no script and nothing from elsewhere. */
  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
  docs(): string {
    return docsPage(this.document);
  }
}
