import { applyDecorators, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional } from 'class-validator';
import { InvalidInputError } from './invalid-input.error';

const largest = 2_147_483_647;
const wanted = `wants a whole number from 1 to ${largest}`;

/** Reads a number from an ID of GraphQL, which is text; applications and campaigns have numbers. @throws InvalidInputError */
export function numericId(field: string, text: unknown): number {
  const id = numberIn(text);
  if (!Number.isNaN(id)) return id;
  throw new InvalidInputError(field, wanted);
}

function numberIn(text: unknown): number {
  const id = typeof text === 'string' && /^[1-9]\d{0,9}$/.test(text) ? Number(text) : NaN;
  return id <= largest ? id : NaN;
}

/** Reads an ID argument that is a number to us. */
export class NumericIdPipe implements PipeTransform<unknown, number> {
  transform(value: unknown, { data }: ArgumentMetadata): number {
    return numericId(data ?? 'id', value);
  }
}

/** Reads an ID argument that may be absent. */
export class OptionalNumericIdPipe implements PipeTransform<unknown, number | undefined> {
  transform(value: unknown, { data }: ArgumentMetadata): number | undefined {
    return value === null || value === undefined ? undefined : numericId(data ?? 'id', value);
  }
}

/** Reads an ID field of an input. It is validated here, for validation knows of which item of a list it is. */
export const NumericId = () =>
  applyDecorators(
    Transform(({ value }: { value: unknown }) =>
      value === null || value === undefined ? undefined : numberIn(value),
    ),
    IsOptional(),
    IsInt({ message: wanted }),
  );

/** Reads a list of IDs in an input that are numbers to us. */
export const NumericIds = () =>
  Transform(({ value, key }: { value: unknown; key: string }) =>
    Array.isArray(value) ? value.map((id, place) => numericId(`${key}.${place}`, id)) : undefined,
  );
