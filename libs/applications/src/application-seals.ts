import type { Gateway, SealedColumn } from '@app/core';
import { pushProfileSeal } from './api-spaces';
import { credentialName } from './application-store';

const ofPushProfile = {
  table: 'push_profiles',
  key: ['application_id'],
  contextOf: ({ application_id: id }) => pushProfileSeal(id as number),
  batch: 100,
  isPassing: false,
} satisfies Partial<SealedColumn>;

/** Where the secrets of applications are sealed. */
export const applicationSeals: readonly SealedColumn[] = [
  {
    table: 'gateway_credentials',
    column: 'sealed',
    key: ['application_id', 'gateway'],
    contextOf: ({ application_id: id, gateway }) =>
      credentialName(gateway as Gateway, id as number),
    batch: 100,
    isPassing: false,
  },
  { ...ofPushProfile, column: 'shared_secret' },
  { ...ofPushProfile, column: 'previous_secret' },
];
