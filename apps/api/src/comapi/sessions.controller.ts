import { PushSessions } from '@app/auth';
import { Controller, Get, Header, HttpCode, Param, Post, Req } from '@nestjs/common';
import { Allow } from '../access/allow';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';
import { readLogin } from './bodies';
import { SessionDevices } from './session-devices';
import { challengeView, sessionView } from './views';

/** Gives an app a session. iOS takes only 200 for an answer. */
@Controller('apispaces/:apiSpaceId/sessions')
@IgnoresIdempotencyKey()
@Allow('anyone')
export class ComapiSessionsController {
  constructor(
    private readonly sessions: PushSessions,
    private readonly devices: SessionDevices,
  ) {}

  @Get('start')
  @Header('cache-control', 'no-store')
  async start(@Param('apiSpaceId') apiSpaceId: string, @Req() { ip }: { readonly ip: string }) {
    return challengeView(await this.sessions.start(apiSpaceId, ip));
  }

  @Post()
  @HttpCode(200)
  @Header('cache-control', 'no-store')
  async open(
    @Param('apiSpaceId') apiSpaceId: string,
    @Req() { body, ip }: { readonly body: unknown; readonly ip: string },
  ) {
    const { login, push } = readLogin(body);
    const opened = await this.sessions.open(apiSpaceId, login, ip);
    if (push !== undefined) await this.devices.register(opened, opened.session, push);
    return { token: opened.token, session: sessionView(opened.session) };
  }
}
