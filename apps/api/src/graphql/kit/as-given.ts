import { applyDecorators } from '@nestjs/common';
import { Transform, Type } from 'class-transformer';

/**
 * For a field of custom JSON, which stays as it was given: class-transformer drops keys such as `toString` and stumbles
 * over `constructor`. It looks into no boolean.
 */
export const AsGiven = () =>
  applyDecorators(
    Type(() => Boolean),
    Transform(({ obj, key }: { obj: Readonly<Record<string, unknown>>; key: string }) => obj[key]),
  );
