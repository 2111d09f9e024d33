import { apnsMessage } from './apns/apns-payload';
import { fcmMessage } from './fcm/fcm-payload';
import type { MessageContent } from './content/message';
import { validateContent } from './gateway-kinds';

const page: MessageContent = {
  title: 'Balance update',
  body: 'Your balance is now $745.00',
  badge: 3,
  sound: 'default',
  icon: 'custom-icon',
  category: 'balance-update',
  collapseKey: 'balance-update',
  extras: { _comment: 'Any custom data.' },
  silent: false,
};
const target = { token: 'T', deliveryId: '7f3c1c7e-55d1-5b0e-9a56-0d9a3a8d1f10' };
const now = new Date('2026-11-21T08:00:00Z');
const apns = (content: MessageContent) => apnsMessage(content).payload.toString();
const fcm = (content: MessageContent) => fcmMessage(content).bodyFor(target, now);

describe('The payloads', () => {
  it("are the legacy server's to the byte", () => {
    expect(apns(page)).toBe(
      '{"aps":{"alert":{"title":"Balance update","body":"Your balance is now $745.00"},"badge":3,"sound":"default","category":"balance-update","thread-id":"balance-update"},"_comment":"Any custom data."}',
    );
    expect(apns({ ...page, silent: true })).toBe(
      '{"aps":{"badge":3,"content-available":1,"thread-id":"balance-update"},"_comment":"Any custom data."}',
    );
    expect(fcm(page)).toBe(
      '{"message":{"token":"T","android":{"collapse_key":"balance-update","notification":{"title":"Balance update","body":"Your balance is now $745.00","icon":"custom-icon","sound":"default","tag":"balance-update"}},"data":{"_comment":"Any custom data."}}}',
    );
    expect(fcm({ ...page, silent: true })).toBe(
      '{"message":{"token":"T","android":{"collapse_key":"balance-update"},"data":{"_comment":"Any custom data."}}}',
    );
  });

  it('of APNs have the priority that the push type allows', () => {
    expect(apnsMessage(page)).toMatchObject({ pushType: 'alert', priority: '10' });
    expect(apnsMessage({ silent: true })).toMatchObject({ pushType: 'background', priority: '5' });
  });

  it('of APNs and FCM have the priority that the author wants, where it may', () => {
    const [high, normal] = [
      { ...page, priority: 'high' },
      { ...page, priority: 'normal' },
    ] as const;
    expect(apnsMessage(high).priority).toBe('10');
    expect(apnsMessage(normal).priority).toBe('5');
    expect(apnsMessage({ ...high, silent: true }).priority).toBe('5');
    expect(JSON.parse(fcm(high))).toMatchObject({
      message: {
        android: { priority: 'HIGH', notification: { notification_priority: 'PRIORITY_HIGH' } },
      },
    });
    expect(JSON.parse(fcm(normal))).toMatchObject({
      message: {
        android: {
          priority: 'NORMAL',
          notification: { notification_priority: 'PRIORITY_DEFAULT' },
        },
      },
    });
    expect(JSON.parse(fcm({ ...high, silent: true }))).toMatchObject({
      message: { android: { priority: 'HIGH' } },
    });
  });

  it('have texts of the app, with what is put into them', () => {
    const content: MessageContent = {
      titleLocKey: 'BALANCE_TITLE',
      bodyLocKey: 'BALANCE_BODY',
      bodyLocArgs: ['$745.00', ''],
      silent: false,
    };
    expect(apns(content)).toBe(
      '{"aps":{"alert":{"title-loc-key":"BALANCE_TITLE","loc-key":"BALANCE_BODY","loc-args":["$745.00",""]}}}',
    );
    expect(JSON.parse(fcm(content))).toMatchObject({
      message: {
        android: {
          notification: {
            title_loc_key: 'BALANCE_TITLE',
            body_loc_key: 'BALANCE_BODY',
            body_loc_args: ['$745.00', ''],
          },
        },
      },
    });
    expect(() => {
      validateContent(content);
    }).not.toThrow();
    expect(apns({ ...content, silent: true })).toBe('{"aps":{"content-available":1}}');
  });

  it('of APNs have an alert only when there is text', () => {
    expect(apns({ body: 'b', silent: false })).toBe('{"aps":{"alert":{"body":"b"}}}');
    expect(apns({ badge: 0, silent: false })).toBe('{"aps":{"badge":0}}');
  });

  it('of FCM replace themselves by the id of the delivery when the author named no key', () => {
    expect(JSON.parse(fcm({ title: 'a', silent: false }))).toEqual({
      message: {
        token: 'T',
        android: {
          collapse_key: target.deliveryId,
          notification: { title: 'a', tag: target.deliveryId },
        },
      },
    });
  });

  it('of FCM that show nothing name no key of ours, but the delivery for the app to know repeats by', () => {
    expect(fcm({ silent: true })).toBe(
      `{"message":{"token":"T","data":{"deliveryId":"${target.deliveryId}"}}}`,
    );
    expect(JSON.parse(fcm({ silent: true, extras: { a: 'b', deliveryId: 'mine' } }))).toEqual({
      message: { token: 'T', data: { a: 'b', deliveryId: 'mine' } },
    });
  });

  it('of FCM survive any token', () => {
    const token = 'a"b\\c\n$&';
    const body = fcmMessage(page).bodyFor({ ...target, token }, now);
    expect(JSON.parse(body)).toMatchObject({ message: { token } });
  });

  it.each([
    ['2026-11-21T09:00:00Z', '3600s'],
    ['2026-11-21T07:59:00Z', '0s'],
    ['2030-01-01T00:00:00Z', '2419200s'],
  ])('of FCM live until %s for %s', (validUntil, ttl) => {
    const body = fcm({ ...page, validUntil: new Date(validUntil) });
    expect(JSON.parse(body)).toMatchObject({ message: { android: { ttl } } });
  });

  it('of FCM have strings as they are and everything else as JSON', () => {
    const extras = { text: 'x', number: 1, nested: { a: [true] } };
    expect(JSON.parse(fcm({ silent: true, extras }))).toMatchObject({
      message: { data: { text: 'x', number: '1', nested: '{"a":[true]}' } },
    });
    expect(fcm({ ...page, extras: {} })).not.toContain('data');
  });

  it('have none of the nulls of extras', () => {
    const extras = { a: 'b', c: null, d: { e: null, f: [null, 1, { g: null }] } };
    expect(JSON.parse(apns({ ...page, extras }))).toMatchObject({ a: 'b', d: { f: [1, {}] } });
    expect(apns({ ...page, extras }) + fcm({ ...page, extras })).not.toContain('null');
    expect(JSON.parse(fcm({ ...page, extras }))).toMatchObject({
      message: { data: { a: 'b', d: '{"f":[1,{}]}' } },
    });
  });

  it.each(['toString', 'constructor', 'hasOwnProperty', 'valueOf'])(
    'have extras named %s',
    (key) => {
      const extras = Object.fromEntries([[key, 'x']]);
      expect(apns({ body: 'b', silent: false, extras })).toContain(`"${key}":"x"`);
      expect(fcm({ body: 'b', silent: false, extras })).toContain(`"data":{"${key}":"x"}`);
    },
  );

  it('leave out empty text that is stored since it was not refused', () => {
    const stored = { title: '', body: 'b', sound: '', icon: '', category: '', silent: false };
    expect(apns(stored)).toBe('{"aps":{"alert":{"body":"b"}}}');
    expect(JSON.parse(fcm(stored))).toMatchObject({
      message: { android: { notification: { body: 'b', tag: target.deliveryId } } },
    });
    expect(fcm(stored)).not.toContain('""');
  });

  it('of FCM make no empty notification', () => {
    for (const content of [{ badge: 3 }, { sound: 'default' }, { title: '', body: ' \u200b' }]) {
      expect(fcm({ ...content, silent: false })).not.toContain('notification');
    }
  });

  it.each([
    'google_maps_url',
    'googleId',
    'google',
    'gcm_sender',
    'gcmToken',
    'fromUser',
    'message_types',
    'collapse_key',
  ])('allow a key %s', (key) => {
    expect(() => {
      validateContent({ ...page, extras: { [key]: 'x' } });
    }).not.toThrow();
  });

  it.each<[string, Partial<MessageContent>]>([
    ['silent', { silent: true }],
    ['a badge alone', { badge: 0, silent: false }],
    ['a title alone', { title: 'a', silent: false }],
    ['an emoji', { body: '👍', silent: false }],
  ])('allow %s', (_, content) => {
    expect(() => {
      validateContent(content as MessageContent);
    }).not.toThrow();
  });

  it.each<[string, Partial<MessageContent>]>([
    ['of no text', {}],
    ['of empty text', { title: '', body: '' }],
    ['of blanks', { title: ' \t', body: '\u00a0\n' }],
    ['of what has no width', { title: '\u200b\ufeff', body: '\u2060' }],
    ['of sound, icon and data', { sound: 'default', icon: 'i', extras: { a: 'b' } }],
  ])('refuse a message %s unless it is silent', (_, content) => {
    expect(() => {
      validateContent({ ...content, silent: false });
    }).toThrow(/^The message shows nothing/);
    expect(() => {
      validateContent({ ...content, silent: true });
    }).not.toThrow();
  });

  it.each<[string, Partial<MessageContent>, string | undefined]>([
    ['an empty sound', { sound: '' }, 'sound'],
    ['an icon of blanks', { icon: ' ' }, 'icon'],
    ['an empty category', { category: '' }, 'category'],
    ['an empty key of a text', { titleLocKey: '' }, 'titleLocKey'],
    ['arguments of no text', { bodyLocArgs: [] }, 'bodyLocArgs'],
    ['a key gcm', { extras: { gcm: '' } }, 'extras.gcm'],
    [
      'a key gcm.notification.x',
      { extras: { 'gcm.notification.x': '' } },
      'extras.gcm.notification.x',
    ],
    ['a key aps', { extras: { aps: {} } }, 'extras.aps'],
    ['a key from', { extras: { from: '' } }, 'extras.from'],
    ['a key message_type', { extras: { message_type: '' } }, 'extras.message_type'],
    ['a key google.x', { extras: { 'google.x': '' } }, 'extras.google.x'],
    ['a key gcm.x', { extras: { 'gcm.x': '' } }, 'extras.gcm.x'],
    ['a negative badge', { badge: -1 }, 'badge'],
    ['half a badge', { badge: 0.5 }, 'badge'],
    ['an empty collapse key', { collapseKey: '' }, 'collapseKey'],
    ['a collapse key of 65 bytes', { collapseKey: 'x'.repeat(65) }, 'collapseKey'],
    ['a collapse key that no header can hold', { collapseKey: 'účet' }, 'collapseKey'],
    ['a collapse key with a line break', { collapseKey: 'a\r\nb' }, 'collapseKey'],
    ['no date', { validUntil: new Date(Number.NaN) }, 'validUntil'],
    ['4 KiB of text', { body: 'x'.repeat(4096) }, undefined],
    ['4 KiB of data', { extras: { x: 'ž'.repeat(2048) } }, undefined],
  ])('refuse %s', (_, change, field) => {
    let error: unknown;
    try {
      validateContent({ ...page, ...change });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ kind: 'invalid', code: 'INVALID_MESSAGE' });
    expect((error as { field?: string }).field).toBe(field);
  });
});
