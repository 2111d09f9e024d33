import { InvalidInputError } from '../../http/invalid-input.error';
import { Cursor } from './cursor';
import {
  applicationCursor,
  audienceCursor,
  deliveryCursor,
  deviceCursor,
  operatorCursor,
  sendingCursor,
  userCursor,
} from './cursors';

const encoded = (text: string) => Buffer.from(text).toString('base64url');
const messageId = '018f3e2a-0000-7000-8000-00000000abcd';

describe('a cursor', () => {
  it.each([
    [userCursor, { id: 'a:b:' }, 'user:a:b:'],
    [audienceCursor, { userId: 'line\nbreak' }, 'user:line\nbreak'],
    [operatorCursor, { email: 'ann@example.com' }, 'operator:ann@example.com'],
    [deviceCursor, { id: '7' }, 'device:7'],
    [applicationCursor, { id: 2_147_483_647 }, 'application:2147483647'],
    [deliveryCursor, { gateway: 'fcm', seq: 12 }, 'delivery:fcm:12'],
    [sendingCursor, { at: '1764633600000001', messageId }, `sent:1764633600000001:${messageId}`],
  ] as [Cursor<object>, object, string][])(
    '%# holds the position of an item',
    (list, position, text) => {
      const cursor = list.write({ ...position, other: 'member' });
      expect(cursor).toBe(encoded(text));
      expect(list.requestOf({ first: 3, after: cursor })).toEqual({ first: 3, after: position });
    },
  );

  it('is absent from the request for the first page', () => {
    expect(userCursor.requestOf({ first: 3 })).toEqual({ first: 3, after: undefined });
  });

  it.each([
    [userCursor, 'device:7'],
    [userCursor, 'user:'],
    [userCursor, 'user:\0'],
    [userCursor, `user:${'a'.repeat(256)}`],
    [deviceCursor, 'device:7 '],
    [deviceCursor, 'device:1234567890123456789'],
    [deviceCursor, ' device:7'],
    [applicationCursor, 'application:2147483648'],
    [applicationCursor, 'application:1e3'],
    [applicationCursor, 'application:'],
    [deliveryCursor, 'delivery:wns:1'],
    [deliveryCursor, 'delivery:apns'],
    [deliveryCursor, 'delivery:apns:-1'],
    [sendingCursor, `sent:1:${messageId}:`],
    [sendingCursor, `sent::${messageId}`],
    [sendingCursor, ''],
  ] as [Cursor<object>, string][])('%# of another form is refused', (list, text) => {
    expect(() => list.requestOf({ first: 3, after: encoded(text) })).toThrow(
      new InvalidInputError('after', 'wants a cursor of the same list'),
    );
  });
});
