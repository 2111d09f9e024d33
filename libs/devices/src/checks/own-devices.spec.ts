import { Actor, type ActorKind } from '@app/core';
import { isOwn } from './own-devices';

describe('what is a user’s own', () => {
  it.each<[boolean, string, ActorKind, number[] | undefined, number, string | undefined]>([
    [true, 'his device in his application', 'user', [1], 1, 'ann'],
    [true, 'his device through a push session', 'profile', [1], 1, 'ann'],
    [false, 'the device of another user', 'user', [1], 1, 'bob'],
    [false, 'a device of nobody', 'user', [1], 1, undefined],
    [false, 'his device in another application', 'user', [1], 2, 'ann'],
    [false, 'a device when his application is unknown', 'user', undefined, 1, 'ann'],
    [false, 'a device of a user who is called like the client', 'client', [1], 1, 'ann'],
    [false, 'a device of a user who is called like the operator', 'operator', undefined, 1, 'ann'],
    [false, 'a device of whoever has shown nothing', 'anonymous', [1], 1, 'ann'],
  ])('%s: %s', (expected, _, kind, applicationIds, applicationId, userId) => {
    const actor = new Actor({ kind, id: 'ann', applicationIds });
    expect(isOwn(actor, applicationId, userId)).toBe(expected);
  });
});
