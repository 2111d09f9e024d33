import { object, type Reader } from './read-body';
import { Refusal } from './refusals';

/** Reads the envelope's `requestObject`. @throws Refusal with `whenMissing` when it is null or absent */
export function requestObject<Value>(
  body: unknown,
  reader: Reader<Value | null>,
  whenMissing: string,
): Value {
  const envelope = object({ requestObject: reader })(body, '');
  return present(envelope?.requestObject, whenMissing);
}

/** Wants a value. @throws Refusal with the contract's text */
export function present<Value>(value: Value | null | undefined, whenMissing: string): Value {
  if (value === null || value === undefined) throw new Refusal(whenMissing);
  return value;
}

/** Wants a value that is neither null nor empty. @throws Refusal with the contract's text */
export function filled(value: string | null, whenMissing: string): string {
  if (value === null || value === '') throw new Refusal(whenMissing);
  return value;
}

/** Wants a number above 0. @param name `App ID`, or `ID` in administration. @throws Refusal with the contract's text */
export function positive(value: number | null, name: string): number {
  const number = present(value, `${name} must not be null.`);
  if (number < 1) throw new Refusal(`${name} must be a positive number.`);
  return number;
}
