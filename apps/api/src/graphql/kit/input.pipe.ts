import { ValidationPipe } from '@nestjs/common';

/**
 * Makes inputs instances of their classes, and checks them. Custom JSON may have keys of any name but `__proto__`,
 * which its scalar refuses; other keys are the schema's.
 */
export class InputPipe extends ValidationPipe {
  protected override stripProtoKeys(): void {
    // Nothing is to be taken out of what the caller wrote.
  }
}
