import { Config } from '@app/core';
import { Controller, Get, Header } from '@nestjs/common';
import { Allow } from '../access/allow';
import { type OpenApi, openApiOf } from '../powerauth/openapi';
import { powerAuthControllers } from '../powerauth/powerauth.module';
import { docsPage } from './docs-page';

/** The REST routes, for programs and for readers. */
@Controller()
@Allow('anyone')
export class DocsController {
  private readonly document: OpenApi;

  constructor({ powerAuthCompat, powerAuthCompatPrefix }: Config) {
    const controllers = powerAuthCompat === 'off' ? [] : powerAuthControllers;
    this.document = openApiOf(controllers, powerAuthCompatPrefix);
  }

  @Get('openapi.json')
  openApi(): OpenApi {
    return this.document;
  }

  /** Needs no script and nothing from elsewhere. */
  @Get('docs')
  @Header('content-type', 'text/html; charset=utf-8')
  @Header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'")
  docs(): string {
    return docsPage(this.document);
  }
}
