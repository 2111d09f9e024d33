import { applyDecorators, Controller, SetMetadata, UseInterceptors } from '@nestjs/common';
import { GuardedBy } from '../../access/access.guard';
import { Envelope } from './envelope';
import { type ControllerMetadata, controllerMetadata, type Texts } from './metadata';
import { PowerAuthGuard } from './powerauth.guard';

/** A controller that answers as the PowerAuth Push Server does: status 200, envelopes, its errors. */
export function PowerAuthController(path: string, texts: Texts = {}): ClassDecorator {
  const metadata: ControllerMetadata = { path, texts };
  return applyDecorators(
    Controller(path),
    SetMetadata(controllerMetadata, metadata),
    GuardedBy(PowerAuthGuard),
    UseInterceptors(Envelope),
  );
}
