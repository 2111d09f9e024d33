import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';

/**
 * Keeps a field of custom JSON as it was given: class-transformer drops keys such as `toString` and stumbles over
 * `constructor`. It does not look into a boolean.
 */
export const AsGiven = () =>
  applyDecorators(
    Type(() => Boolean),
    Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => obj[key]),
  );
