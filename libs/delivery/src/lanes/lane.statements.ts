import { gateways } from '@app/core';
import { gatewayKinds } from '@app/push';

/** Makes a lane that is used from now on, where there is none. @param lane a query of its application and gateway */
export const useLane = (lane: string) =>
  `INSERT INTO lanes (application_id, gateway) ${lane} ON CONFLICT DO NOTHING`;

/** Tells the pace of a lane. @param limit its limit, null where none is set */
export const paceOf = (gateway: string, limit: string) =>
  `coalesce(${limit}, CASE ${gateway} ${gateways
    .map((name) => `WHEN '${name}' THEN ${gatewayKinds[name].perSecond}`)
    .join(' ')} END)`;
