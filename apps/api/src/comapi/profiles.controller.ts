import type { PushCaller } from '@app/auth';
import { type Profile, ProfilesService } from '@app/devices';
import { Controller, Get, Headers, Param, Patch, Put, Req, Res } from '@nestjs/common';
import { GuardedBy } from '../access/access.guard';
import { Allow } from '../access/allow';
import { IgnoresIdempotencyKey } from '../idempotency/ignores-key';
import { entityTag, wantedVersions } from './entity-tags';
import { CurrentPushCaller, PushSessionGuard } from './push-session.guard';
import { profileView } from './views';

interface Reply {
  header(name: string, value: string): unknown;
}

/** Serves a user's own profile. */
@Controller('apispaces/:apiSpaceId/profiles/:profileId')
@IgnoresIdempotencyKey()
@GuardedBy(PushSessionGuard)
@Allow('authenticated')
export class ComapiProfilesController {
  constructor(private readonly profiles: ProfilesService) {}

  @Get()
  async get(
    @Param('profileId') userId: string,
    @CurrentPushCaller() { actor, session }: PushCaller,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const { applicationId } = session;
    return shown(await this.profiles.get(actor, { applicationId, userId }), reply);
  }

  @Put()
  async put(
    @Param('profileId') userId: string,
    @CurrentPushCaller() { actor, session: { applicationId } }: PushCaller,
    @Req() { body }: { readonly body: unknown },
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const key = { applicationId, userId };
    const versions = wantedVersions(ifMatch);
    return shown(await this.profiles.put(actor, key, body, versions), reply);
  }

  @Patch()
  async patch(
    @Param('profileId') userId: string,
    @CurrentPushCaller() { actor, session: { applicationId } }: PushCaller,
    @Req() { body }: { readonly body: unknown },
    @Headers('if-match') ifMatch: string | undefined,
    @Res({ passthrough: true }) reply: Reply,
  ) {
    const key = { applicationId, userId };
    const versions = wantedVersions(ifMatch);
    return shown(await this.profiles.patch(actor, key, body, versions), reply);
  }
}

function shown(profile: Profile, reply: Reply): ReturnType<typeof profileView> {
  reply.header('etag', entityTag(profile.version));
  return profileView(profile);
}
