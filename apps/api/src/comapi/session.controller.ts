import { type PushCaller, PushSessions } from '@app/auth';
import { Controller, Delete, Get, HttpCode, Param, Put, Req } from '@nestjs/common';
import { RouteConfig } from '@nestjs/platform-fastify';
import { GuardedBy } from '../access/access.guard';
import { Allow } from '../access/allow';
import { lenientJson } from '../http/lenient-json';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';
import { readPush } from './bodies';
import { CurrentPushCaller, PushSessionGuard } from './push-session.guard';
import { SessionDevices } from './session-devices';
import { sessionView } from './views';

/** Serves an app with its session. The URL may name one of its ended sessions, see `PushSessions.named`. */
@Controller('apispaces/:apiSpaceId/sessions/:sessionId')
@IgnoresIdempotencyKey()
@GuardedBy(PushSessionGuard)
@Allow('authenticated')
export class ComapiSessionController {
  constructor(
    private readonly sessions: PushSessions,
    private readonly devices: SessionDevices,
  ) {}

  @Get()
  async get(@Param('sessionId') id: string, @CurrentPushCaller() caller: PushCaller) {
    await this.sessions.named(id, caller);
    return sessionView(caller.session);
  }

  @Delete()
  @HttpCode(204)
  @RouteConfig(lenientJson) // The SDKs say JSON and send nothing.
  async end(
    @Param('sessionId') id: string,
    @CurrentPushCaller() caller: PushCaller,
  ): Promise<void> {
    await this.sessions.named(id, caller);
    await this.sessions.end(caller);
  }

  @Put('push')
  async register(
    @Param('sessionId') id: string,
    @CurrentPushCaller() caller: PushCaller,
    @Req() { body }: { readonly body: unknown },
  ) {
    const named = await this.sessions.named(id, caller);
    await this.devices.register(caller, named, readPush(body));
    return {};
  }

  @Delete('push')
  @HttpCode(204)
  @RouteConfig(lenientJson)
  async unregister(
    @Param('sessionId') id: string,
    @CurrentPushCaller() caller: PushCaller,
  ): Promise<void> {
    await this.devices.remove(caller, await this.sessions.named(id, caller));
  }
}
