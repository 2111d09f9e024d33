/** The platform of a device; it decides the gateway. */
export const platforms = ['ios', 'android'] as const;
export type Platform = (typeof platforms)[number];

export const gateways = ['apns', 'fcm'] as const;
export type Gateway = (typeof gateways)[number];

export const gatewayOf: Readonly<Record<Platform, Gateway>> = { ios: 'apns', android: 'fcm' };
