import type { Application, CredentialDescription } from '@app/applications';
import type { z } from 'zod';
import type { ApplicationDetail, ApplicationItem } from './models';

/** An application, and the part of its credentials that may be shown. */
export interface Described {
  readonly application: Application;
  readonly apns: CredentialDescription<'apns'> | undefined;
  readonly fcm: CredentialDescription<'fcm'> | undefined;
}

export function applicationView({
  application: { id, name },
  apns,
  fcm,
}: Described): z.infer<typeof ApplicationItem> {
  return { id, appId: id, appName: name, ios: apns !== undefined, android: fcm !== undefined };
}

/** Shows an application of the PowerAuth Server that is not one of ours. */
export function unconfiguredView({
  id,
  name,
}: Pick<Application, 'id' | 'name'>): z.infer<typeof ApplicationItem> {
  return { id, appId: null, appName: name, ios: null, android: null };
}

export function applicationDetailView(
  described: Described,
  include: { readonly includeIos: boolean; readonly includeAndroid: boolean },
): z.infer<typeof ApplicationDetail> {
  const apns = include.includeIos ? described.apns : undefined;
  const fcm = include.includeAndroid ? described.fcm : undefined;
  return {
    application: applicationView(described),
    iosBundle: apns?.bundle ?? null,
    iosKeyId: apns?.keyId ?? null,
    iosTeamId: apns?.teamId ?? null,
    androidProjectId: fcm?.projectId ?? null,
  };
}
