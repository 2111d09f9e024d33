import { InvalidInputError } from '../../http/invalid-input.error';

/** Opaque, so that no client counts on what is in it. */
export function encodeCursor(place: string): string {
  return Buffer.from(place).toString('base64url');
}

/** @returns what `form` captures. @throws InvalidInputError when the cursor is not of this form */
export function decodeCursor(cursor: string, form: RegExp): RegExpExecArray {
  const place = form.exec(Buffer.from(cursor, 'base64url').toString());
  if (place === null) throw new InvalidInputError('after', 'wants a cursor of the same list');
  return place;
}
