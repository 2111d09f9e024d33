import { randomUUID } from 'node:crypto';
import type { BareRequest } from './bare-loop';

interface Alert {
  readonly title: string;
  readonly body: string;
}

/** Makes the requests that we send to APNs. */
export function apnsRequests(alert: Alert): (token: string) => BareRequest {
  const body = Buffer.from(JSON.stringify({ aps: { alert } }));
  return (token) => {
    const id = randomUUID();
    return {
      fields: {
        ':path': `/3/device/${token}`,
        authorization: 'bearer none',
        'apns-topic': 'com.example.bank',
        'apns-push-type': 'alert',
        'apns-priority': '10',
        'apns-id': id,
        'apns-collapse-id': id,
      },
      body,
    };
  };
}

/** Makes the requests that we send to FCM. */
export function fcmRequests(alert: Alert): (token: string) => BareRequest {
  const fields = {
    ':path': '/v1/projects/bench/messages:send',
    'content-type': 'application/json',
    authorization: 'Bearer none',
  };
  const shown = JSON.stringify(alert).slice(0, -1);
  return (token) => {
    const id = randomUUID();
    const android = `{"collapse_key":"${id}","notification":${shown},"tag":"${id}"}}`;
    return { fields, body: `{"message":{"token":"${token}","android":${android}}}` };
  };
}
