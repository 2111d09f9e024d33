import { InvalidDeviceError } from './invalid-device.error';

/**
 * Checks the id of an activation that a caller brings. Those of devices that registered without one,
 * `<deviceId>:<userId>`, are ours to give: whoever could take one beforehand would have the device's pushes.
 * @throws InvalidDeviceError
 */
export function checkActivationId(activationId: string): string {
  if (!/^\d+:/.test(activationId)) return checkAnyActivationId(activationId);
  throw new InvalidDeviceError('activationId', 'wants other than digits before its first colon');
}

/** Works as `checkActivationId`, but takes ours too. @throws InvalidDeviceError */
export function checkAnyActivationId(activationId: string): string {
  if (/^[\x21-\x7e]{1,255}$/.test(activationId)) return activationId;
  throw new InvalidDeviceError('activationId', 'wants 1 to 255 characters without spaces');
}
