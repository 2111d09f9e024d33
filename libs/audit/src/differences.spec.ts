import { differences } from './differences';

const account = { name: 'Bank', scopes: ['devices:read'], expiresAt: null as Date | null };
const names = ['name', 'scopes', 'expiresAt'] as const;

describe('the differences that the audit trail tells', () => {
  it('are the members that are not the same, as they were and as they are', () => {
    const after = { ...account, name: 'Another', expiresAt: new Date(0) };
    expect(differences(account, after, names)).toEqual({
      before: { name: 'Bank', expiresAt: null },
      after: { name: 'Another', expiresAt: new Date(0) },
    });
  });

  it('are none between lists and times of the same content', () => {
    const at = () => ({ ...account, scopes: [...account.scopes], expiresAt: new Date(7) });
    expect(differences(at(), at(), names)).toBeUndefined();
  });

  it('are none between members in another order, however deep, or of numbers that JSON writes alike', () => {
    const before = { settings: { a: [{ b: 1, c: 0 }], d: null } };
    const after = { settings: { d: null, a: [{ c: -0, b: 1 }] } };
    expect(differences(before, after, ['settings'])).toBeUndefined();
  });

  it.each([
    [
      [1, 2],
      [2, 1],
    ],
    [{ a: undefined }, { a: null }],
    [{ a: '1' }, { a: 1 }],
    [[], {}],
  ])('are there between %j and %j', (before: unknown, after: unknown) => {
    expect(differences({ it: before }, { it: after }, ['it'])).toBeDefined();
  });

  it('are of the members that are asked for only', () => {
    const after = { ...account, name: 'Another' };
    expect(differences(account, after, ['scopes'])).toBeUndefined();
  });

  it('tell a member that was not there', () => {
    const before: { name?: string } = {};
    expect(differences(before, { name: 'Bank' }, ['name'])).toEqual({
      before: { name: undefined },
      after: { name: 'Bank' },
    });
  });
});
