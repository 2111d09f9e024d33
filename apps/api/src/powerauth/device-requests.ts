import { type Platform, platforms } from '@app/core';
import { type ActivationStatus, activationStatuses } from '@app/devices';
import { filled, positive, present, requestObject } from './reading/checks';
import { integer, list, object, type Reader, text } from './reading/read-body';
import { Refusal } from './reading/refusals';

const missing = 'Request object must not be empty';
const tokenMissing = 'Push token must not be null or empty.';
const activationMissing = 'Activation ID must not be null.';

const device = { appId: integer, token: text, platform: text };

/** Reads a list that is empty when its key is missing, as Jackson leaves a field that has a default. */
const listOrEmpty: Reader<(string | null)[] | null> = (value, place) =>
  value === undefined ? [] : list(text)(value, place);

const createDevice = object({ ...device, activationId: text });
const createDeviceMulti = object({ ...device, activationIds: listOrEmpty });
const deleteDevice = object({ appId: integer, token: text });
const updateStatus = object({ activationId: text, activationStatus: text });

export function readCreateDevice(body: unknown) {
  const request = requestObject(body, createDevice, missing);
  return {
    applicationId: positive(request.appId, 'App ID'),
    activationId: present(request.activationId, activationMissing),
    platform: platformOf(request.platform),
    token: filled(request.token, tokenMissing),
  };
}

export function readCreateDeviceMulti(body: unknown) {
  const request = requestObject(body, createDeviceMulti, missing);
  const applicationId = positive(request.appId, 'App ID');
  const activationIds = present(request.activationIds, 'Activation ID list must not be null.');
  if (activationIds.length === 0) throw new Refusal('Activation ID list must not empty.');
  return {
    applicationId,
    activationIds: activationIds.map((id) => present(id, activationMissing)),
    platform: platformOf(request.platform),
    token: filled(request.token, tokenMissing),
  };
}

export function readDeleteDevice(body: unknown) {
  const request = requestObject(body, deleteDevice, missing);
  return {
    applicationId: positive(request.appId, 'App ID'),
    token: filled(request.token, tokenMissing),
  };
}

/** Reads a callback of PowerAuth Server, which has no envelope. */
export function readStatusUpdate(body: unknown) {
  const request = updateStatus(body, '');
  return {
    activationId: present(request?.activationId, activationMissing),
    activationStatus: statusOf(request?.activationStatus ?? null),
  };
}

/** Wants a known platform: a device of another would never get a push; later releases refuse it too. */
function platformOf(value: string | null): Platform {
  const name = filled(value, 'Platform must not be null or empty.');
  const platform = platforms.find((known) => known === name);
  if (platform === undefined) throw new Refusal(`Platform must be ${platforms.join(' or ')}.`);
  return platform;
}

function statusOf(name: string | null): ActivationStatus | undefined {
  const status = activationStatuses.find((known) => known === name);
  if (status !== undefined || name === null) return status;
  throw new Refusal(`activationStatus wants one of ${activationStatuses.join(', ')}.`);
}
