import { AuthModule } from '@app/auth';
import { KeysModule } from '@app/keys';
import { Module } from '@nestjs/common';
import { IntrospectController } from './introspect.controller';
import { MetadataController } from './metadata.controller';
import { RevokeController } from './revoke.controller';
import { TokenController } from './token.controller';

/** The OAuth 2.0 endpoints. */
@Module({
  imports: [AuthModule, KeysModule],
  controllers: [TokenController, IntrospectController, RevokeController, MetadataController],
})
export class OAuthModule {}
