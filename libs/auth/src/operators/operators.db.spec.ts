import {
  type NewOperator,
  type Operator,
  OperatorLogin,
  OperatorsService,
  rolePermissions,
} from '@app/auth';
import { Actor, RateLimitedError } from '@app/core';
import { hashSync } from '@node-rs/argon2';
import { Carillon } from '@app/testing/harness';
import { stopTime } from '@app/testing/time';

const password = 'correct horse battery';
const system = Actor.system('test');
const anybody = new Actor({ kind: 'anonymous', id: '', address: '192.0.2.1' });

describe('operators', () => {
  let carillon: Carillon;
  let operators: OperatorsService;
  let logins: OperatorLogin;

  beforeAll(async () => {
    carillon = await Carillon.start();
    operators = carillon.get(OperatorsService);
    logins = carillon.get(OperatorLogin);
  });
  afterAll(() => carillon.close());
  beforeEach(() =>
    carillon.sql('TRUNCATE operators, operator_sessions, rate_limits, audit_events'),
  );

  const create = (email = 'ann@example.com', role: Operator['role'] = 'OWNER') =>
    operators.create(system, { email, role, password });
  const actorOf = ({ id, role }: Operator, sessionId?: string) =>
    new Actor({ kind: 'operator', id, permissions: rolePermissions[role], sessionId });
  const login = (email: string, typed = password) => logins.login(anybody, email, typed);
  const loginAt = (address: string | undefined, email: string, typed = password) =>
    logins.login(new Actor({ kind: 'anonymous', id: '', address }), email, typed);
  const outcome = (work: Promise<unknown>) =>
    work.then(
      () => 'in',
      (error: unknown) =>
        error instanceof RateLimitedError ? error.retryAfterSeconds : String(error),
    );
  const outcomes = (works: Promise<unknown>[]) => Promise.all(works.map(outcome));
  const owners = () =>
    carillon.sql<{ id: string }>(`SELECT id FROM operators WHERE role = 'OWNER' AND enabled`);
  const actions = async () =>
    (
      await carillon.sql<{ what: string }>(
        `SELECT action || ' ' || outcome AS what FROM audit_events WHERE action LIKE 'operator.%' ORDER BY id`,
      )
    ).map(({ what }) => what);
  /** As if a minute had passed for the rate limits, and the lock had ended. */
  const passTime = () =>
    carillon.sql(`WITH gone AS (DELETE FROM rate_limits WHERE key NOT LIKE 'login-lock:%')
      UPDATE rate_limits SET expire = least(expire, ${carillon.clock.now().getTime()} - 1)`);

  describe('that log in', () => {
    let start: () => void;
    beforeEach(() => {
      start = stopTime(carillon.clock);
    });
    afterEach(() => {
      start();
    });

    it('get a token for an hour and a session for twelve', async () => {
      const { id } = await create();
      const { token, expiresAt, operator } = await login(' Ann@Example.com');
      expect(token.split('.')).toHaveLength(3);
      expect(expiresAt.getTime()).toBeGreaterThan(Date.now() + 3_590_000);
      expect(operator).toMatchObject({ id, role: 'OWNER' });
      expect(
        await carillon.sql(`SELECT operator_id AS id, address,
          round(extract(epoch FROM expires_at - now()) / 3600)::int AS hours FROM operator_sessions`),
      ).toEqual([{ id, address: '192.0.2.1', hours: 12 }]);
      expect(await actions()).toEqual(['operator.create success', 'operator.login success']);
    });

    it('learn nothing from what is refused', async () => {
      const disabled = await create('bob@example.com', 'VIEWER');
      await create();
      await operators.update(system, disabled.id, { enabled: false });
      const refusals = await outcomes([
        login('ann@example.com', 'wrong'),
        login('nobody@example.com'),
        login('bob@example.com'),
        login('no e-mail'),
        login('a\0@example.com'),
      ]);
      expect(new Set(refusals)).toEqual(
        new Set(['LoginFailedError: The e-mail or the password is wrong']),
      );
      const trail = await carillon.sql<{ reason: string; target: string }>(
        `SELECT reason, target FROM audit_events WHERE outcome = 'failure'`,
      );
      expect(new Set(trail.map(({ reason }) => reason))).toEqual(
        new Set(['operator is disabled', 'unknown e-mail', 'wrong password']),
      );
      expect(JSON.stringify(trail)).not.toContain('nobody');
    });

    it.each([
      { what: 'five', where: 'one address', made: 5, email: 'ann@example.com' },
      { what: 'five', where: 'one address', made: 5, email: 'nobody@example.com' },
      { what: 'five', where: 'one IPv6 network', made: 5, email: 'ann@example.com' },
      { what: 'thirty', where: 'many addresses', made: 30, email: 'ann@example.com' },
      { what: 'thirty', where: 'many addresses', made: 30, email: 'nobody@example.com' },
    ])('make at most $what guesses of fifty at once, from $where at $email', async (row) => {
      await create();
      const addresses: Record<string, (n: number) => string> = {
        'one address': () => '192.0.2.1',
        'one IPv6 network': (n) => `2001:db8:1:2::${n}`,
        'many addresses': (n) => `192.0.2.${n}`,
      };
      const guesses = await outcomes(
        Array.from({ length: 50 }, (_, n) =>
          loginAt(addresses[row.where]?.(n), row.email, 'wrong'),
        ),
      );
      expect(guesses.filter((one) => typeof one === 'number')).toHaveLength(50 - row.made);
    });

    it('get in at once with a new password', async () => {
      const { id } = await create();
      for (let n = 0; n < 5; n += 1) await outcome(login('ann@example.com', 'wrong'));
      await operators.resetPassword(system, id, 'another long password');
      expect(await outcome(login('ann@example.com', 'another long password'))).toBe('in');
    });

    it('get in where they are, whatever a stranger does elsewhere', async () => {
      await create();
      for (let n = 0; n < 6; n += 1)
        await outcome(loginAt('198.51.100.7', 'ann@example.com', 'wrong'));
      expect(await outcome(loginAt('198.51.100.7', 'ann@example.com'))).toBe(1);
      expect(await outcome(login('ann@example.com'))).toBe('in');
    });

    it('get in where they have been, whatever many strangers do elsewhere', async () => {
      await create();
      await loginAt('2001:db8:1:2::1', 'ann@example.com');
      await carillon.sql(`UPDATE operator_sessions SET expires_at = now() - interval '30 days'`);
      await outcomes(
        Array.from({ length: 40 }, (_, n) => loginAt(`192.0.2.${n}`, 'ann@example.com', 'wrong')),
      );
      expect(typeof (await outcome(loginAt('198.51.100.7', 'ann@example.com')))).toBe('number');
      expect(await outcome(loginAt('2001:db8:1:2::2', 'ann@example.com'))).toBe('in');
      expect(await outcome(loginAt('2001:db8:1:2::2', 'ann@example.com'))).toBe('in');
    });

    describe('from a device that is known', () => {
      const email = 'ann@example.com';
      const at = (address: string, token?: string, typed = password, as = email) =>
        logins.login(new Actor({ kind: 'anonymous', id: '', address }), as, typed, token);
      const deviceOf = async (as = email) =>
        (await at('192.0.2.99', undefined, password, as)).deviceToken;
      const strangers = {
        'seven addresses': (n: number) => `198.51.100.${n % 7}`,
        'one IPv6 site': (n: number) => `2001:db8:1:${n.toString(16)}::1`,
        'the same address': () => '203.0.113.7',
      };

      it.each(Object.entries(strangers))('get in whatever is guessed at %s', async (_, of) => {
        await create();
        const device = await deviceOf();
        await outcomes(Array.from({ length: 35 }, (_, n) => at(of(n), undefined, 'wrong')));
        expect(await outcome(at('203.0.113.7', device))).toBe('in');
        expect(await outcome(at(of(0)))).not.toBe('in');
      });

      it('get in beside a colleague who has forgotten his password', async () => {
        await create();
        const device = await deviceOf();
        await outcomes(
          Array.from({ length: 20 }, (_, n) =>
            at('203.0.113.7', undefined, 'wrong', `user-${n}@example.com`),
          ),
        );
        expect(await outcome(at('203.0.113.7', device))).toBe('in');
      });

      it('guess no more than others do, and lock nobody else', async () => {
        await create();
        const device = await deviceOf();
        const guesses = await outcomes(
          Array.from({ length: 50 }, (_, n) => at(`198.51.100.${n}`, device, 'wrong')),
        );
        expect(guesses.filter((one) => typeof one === 'number')).toHaveLength(45);
        expect(await outcome(at('198.51.100.1'))).toBe('in');
      });

      it('keep being known, as the same device', async () => {
        await create();
        const device = (await at('192.0.2.1', await deviceOf())).deviceToken;
        for (let n = 0; n < 5; n += 1) await outcome(at('192.0.2.1', device, 'wrong'));
        const other = await at('192.0.2.2');
        expect(await outcome(at('192.0.2.1', device))).toBe(1);
        expect(await outcome(at('192.0.2.1', other.deviceToken))).toBe('in');
      });

      it.each([
        { what: "another operator's", make: () => deviceOf('bob@example.com') },
        { what: 'made up', make: () => Promise.resolve('v1.00000000.AAAA.AAAA') },
        { what: 'nothing', make: () => Promise.resolve('') },
        { what: 'endless', make: () => Promise.resolve('x'.repeat(1_000_000)) },
        {
          what: 'altered',
          make: async () => `${(await deviceOf())?.slice(0, -2)}AA`,
        },
      ])('do not by a token that is $what', async ({ make }) => {
        await create();
        await create('bob@example.com', 'VIEWER');
        const token = await make();
        await outcomes(Array.from({ length: 20 }, () => at('203.0.113.7', undefined, 'wrong')));
        expect(typeof (await outcome(at('203.0.113.7', token)))).toBe('number');
      });

      it('do not by its token alone, nor after half a year', async () => {
        await create();
        const device = await deviceOf();
        expect(await outcome(at('203.0.113.7', device, ''))).toContain('LoginFailedError');
        expect(await outcome(at('203.0.113.7', device, device))).toContain('LoginFailedError');
        await outcomes(Array.from({ length: 20 }, () => at('203.0.113.7', undefined, 'wrong')));
        expect(await outcome(at('203.0.113.7', device))).toBe('in');
        const later = carillon.clock.now().getTime() + 180 * 86_400_000;
        carillon.clock.now = () => new Date(later);
        await outcomes(Array.from({ length: 20 }, () => at('203.0.113.7', undefined, 'wrong')));
        expect(typeof (await outcome(at('203.0.113.7', device)))).toBe('number');
      });
    });

    it('make at most five guesses of fifty at once from a whole IPv6 /48', async () => {
      await create();
      const guesses = await outcomes(
        Array.from({ length: 50 }, (_, n) =>
          loginAt(`2001:db8:1:${n.toString(16)}::1`, 'ann@example.com', 'wrong'),
        ),
      );
      expect(guesses.filter((one) => typeof one === 'number')).toHaveLength(45);
      expect(await outcome(loginAt('2001:db8:2::1', 'ann@example.com'))).toBe('in');
    });

    it.each(['ann@example.com', 'nobody@example.com'])(
      'wait twice as long after each failure from the fifth on, at %s',
      async (email) => {
        await create();
        const waits: (string | number)[] = [];
        for (let failure = 1; failure <= 16; failure += 1) {
          await expect(login(email, 'wrong')).rejects.toMatchObject({ code: 'LOGIN_FAILED' });
          if (failure >= 5) waits.push(await outcome(login(email)));
          await passTime();
        }
        expect(waits).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
      },
    );

    it('are forgiven their failures by the right password, when the lock has ended', async () => {
      await create();
      for (let n = 0; n < 5; n += 1) await outcome(login('ann@example.com', 'wrong'));
      expect(await outcome(login('ann@example.com'))).toBe(1);
      await passTime();
      expect(await outcome(login('ann@example.com'))).toBe('in');
      for (let n = 0; n < 4; n += 1) await outcome(login('ann@example.com', 'wrong'));
      expect(await outcome(login('ann@example.com'))).toBe('in');
    });

    it('fail ten times a minute from one address, whatever e-mails they try', async () => {
      const tries = await outcomes(
        Array.from({ length: 20 }, (_, n) => login(`user-${n}@example.com`)),
      );
      expect(tries.filter((one) => typeof one === 'number')).toHaveLength(10);
    });

    it('have a hash from elsewhere made anew', async () => {
      const passwordHash = hashSync(password, { memoryCost: 8_192, timeCost: 3 });
      await operators.create(system, { email: 'ann@example.com', role: 'OWNER', passwordHash });
      await login('ann@example.com');
      const [row] = await carillon.sql<{ hash: string }>(
        'SELECT password_hash AS hash FROM operators',
      );
      expect(row?.hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      expect(await outcome(login('ann@example.com'))).toBe('in');
    });
  });

  describe('with a session', () => {
    const sessions = () =>
      carillon.sql<{ id: string; open: boolean }>(
        'SELECT id, ended_at IS NULL AS open FROM operator_sessions ORDER BY created_at',
      );
    const enter = async () => {
      const { operator } = await login('ann@example.com');
      return actorOf(operator, (await sessions()).at(-1)?.id);
    };

    it('renew their token until they log out', async () => {
      await create();
      const ann = await enter();
      expect(await outcome(logins.renew(ann))).toBe('in');
      await logins.logout(ann);
      await expect(logins.renew(ann)).rejects.toMatchObject({ code: 'INVALID_TOKEN' });
    });

    it('log out twice at once, and leave one event', async () => {
      await create();
      const ann = await enter();
      await Promise.all([logins.logout(ann), logins.logout(ann)]);
      await logins.logout(ann);
      const logouts = await carillon.sql(
        `SELECT FROM audit_events WHERE action = 'operator.logout'`,
      );
      expect(logouts).toHaveLength(1);
    });

    it('end all their other sessions by a change of password', async () => {
      await create();
      await enter();
      const ann = await enter();
      await logins.changePassword(ann, password, 'another long password');
      expect(await sessions()).toMatchObject([{ open: false }, { open: true, id: ann.sessionId }]);
      expect(await outcome(login('ann@example.com'))).toContain('LoginFailedError');
      expect(await outcome(login('ann@example.com', 'another long password'))).toBe('in');
    });

    it('change their password once when they do it twice at once', async () => {
      await create();
      const ann = await enter();
      const changes = await outcomes([
        logins.changePassword(ann, password, 'another long password'),
        logins.changePassword(ann, password, 'one more long password'),
      ]);
      expect(changes.filter((one) => one === 'in')).toHaveLength(1);
    });

    it.each([
      {
        what: 'a wrong present one',
        current: 'wrong',
        next: 'another long password',
        field: 'current',
      },
      { what: 'a short new one', current: password, next: 'short', field: 'next' },
      { what: 'the e-mail', current: password, next: 'ann@example.com', field: 'next' },
    ])('change no password by $what', async ({ current, next, field }) => {
      await create();
      await expect(logins.changePassword(await enter(), current, next)).rejects.toMatchObject({
        code: 'INVALID_OPERATOR',
        field,
      });
    });

    it('are the only ones who have one', async () => {
      const client = new Actor({ kind: 'client', id: 'client-1' });
      for (const work of [() => logins.renew(client), () => logins.logout(client)]) {
        await expect(work()).rejects.toMatchObject({ kind: 'forbidden' });
      }
    });

    it('lose it when they are disabled or get a new password', async () => {
      await create();
      const bob = await create('bob@example.com', 'EDITOR');
      await login('bob@example.com');
      await operators.resetPassword(system, bob.id, 'another long password');
      await login('bob@example.com', 'another long password');
      await operators.update(system, bob.id, { enabled: false });
      expect(await sessions()).toMatchObject([{ open: false }, { open: false }]);
    });
  });

  describe('in their numbers', () => {
    it.each([
      { what: 'no e-mail', changes: { email: 'ann' }, field: 'email' },
      { what: 'two in one', changes: { email: 'a@b@example.com' }, field: 'email' },
      { what: 'a line break', changes: { email: 'a@exa\nmple.com' }, field: 'email' },
      { what: 'a long one', changes: { email: `${'a'.repeat(250)}@b.cz` }, field: 'email' },
      { what: 'a short password', changes: { password: 'eleven char' }, field: 'password' },
      { what: 'a foreign hash', changes: { passwordHash: '$2b$12$abc' }, field: 'passwordHash' },
    ])('gain none with $what', async ({ changes, field }) => {
      const input = {
        email: 'ann@example.com',
        role: 'OWNER',
        ...('passwordHash' in changes ? {} : { password }),
        ...changes,
      } as NewOperator;
      await expect(operators.create(system, input)).rejects.toMatchObject({
        code: 'INVALID_OPERATOR',
        field,
      });
    });

    it('are one for an e-mail, also when two are made at once', async () => {
      const made = await outcomes([create('Ann@example.com'), create('ann@Example.com')]);
      expect(made.filter((one) => one === 'in')).toHaveLength(1);
      await expect(create()).rejects.toMatchObject({ code: 'OPERATOR_EXISTS', field: 'email' });
    });

    it('are shown in pages by their e-mail', async () => {
      for (const name of ['cid', 'ann', 'bob']) await create(`${name}@example.com`);
      const {
        items: [ann, bob],
      } = await operators.list(system, { first: 2 });
      expect([ann?.email, bob?.email]).toEqual(['ann@example.com', 'bob@example.com']);
      expect(await operators.list(system, { first: 2, after: bob })).toMatchObject({
        items: [{ email: 'cid@example.com' }],
        hasMore: false,
      });
    });

    it('have a first owner that two starts make once', async () => {
      const made = await Promise.all([
        operators.ensureFirstOwner('owner@example.com'),
        operators.ensureFirstOwner('owner@example.com'),
      ]);
      const [generated, ...others] = made.filter((one) => one !== undefined);
      expect(others).toEqual([]);
      expect(generated).toMatch(/^[\w-]{24}$/);
      expect(await outcome(login('owner@example.com', generated))).toBe('in');
      expect(await login('owner@example.com', generated)).toMatchObject({
        passwordChangeRequired: true,
      });
      expect(await operators.ensureFirstOwner('second@example.com')).toBeUndefined();
    });

    it('are as the provisioning file says, but for passwords that they have', async () => {
      await create('owner@example.com');
      const file = { email: 'Ann@example.com', role: 'ADMIN', password } as const;
      const { id } = await operators.ensure(system, file);
      const again = { ...file, role: 'EDITOR', password: 'another long password' } as const;
      expect(await operators.ensure(system, again)).toMatchObject({ id, role: 'EDITOR' });
      expect(await outcome(login('ann@example.com'))).toBe('in');
    });

    it.each([
      { what: 'remove', act: (id: string, by: Actor) => operators.remove(by, id) },
      {
        what: 'disable',
        act: (id: string, by: Actor) => operators.update(by, id, { enabled: false }),
      },
      {
        what: 'degrade',
        act: (id: string, by: Actor) => operators.update(by, id, { role: 'ADMIN' }),
      },
    ])('keep an owner when two $what each other at once', async ({ act }) => {
      const [ann, bob] = [await create(), await create('bob@example.com')];
      const acts = await outcomes([act(ann.id, actorOf(bob)), act(bob.id, actorOf(ann))]);
      expect(acts.filter((one) => one === 'in')).toHaveLength(1);
      expect(acts.filter((one) => String(one).startsWith('LastOwnerError'))).toHaveLength(1);
      expect(await owners()).toHaveLength(1);
    });

    it('do not change themselves', async () => {
      const ann = await create();
      await create('bob@example.com');
      const self = actorOf(ann);
      for (const work of [
        () => operators.remove(self, ann.id),
        () => operators.remove(self, ann.id.toUpperCase()),
        () => operators.update(self, ann.id, { role: 'VIEWER' }),
        () => operators.update(self, ann.id, { enabled: false }),
        () => operators.resetPassword(self, ann.id, 'another long password'),
      ]) {
        await expect(work()).rejects.toMatchObject({ code: 'OWN_ACCOUNT' });
      }
    });

    it('are out of reach of who may less than they', async () => {
      const { id } = await create();
      await create('bob@example.com');
      const client = new Actor({ kind: 'client', id: 'c', permissions: ['operators:write'] });
      const admin = new Actor({ kind: 'operator', id: 'a', permissions: rolePermissions.ADMIN });
      for (const actor of [client, admin]) {
        for (const work of [
          () => operators.create(actor, { email: 'new@example.com', role: 'OWNER', password }),
          () => operators.resetPassword(actor, id, 'another long password'),
          () => operators.update(actor, id, { enabled: false }),
          () => operators.remove(actor, id),
        ]) {
          await expect(work()).rejects.toMatchObject({ code: 'FORBIDDEN' });
        }
      }
    });

    it.each(['', '7', 'x'.repeat(36), '00000000-0000-4000-8000-000000000000'])(
      'have none with the id %j',
      async (id) => {
        await expect(operators.get(system, id)).rejects.toMatchObject({
          code: 'OPERATOR_NOT_FOUND',
        });
      },
    );

    it('leave a trail without their secrets', async () => {
      await create();
      const { id } = await create('bob@example.com', 'VIEWER');
      await operators.update(system, id, { role: 'EDITOR', enabled: false });
      await operators.update(system, id, { enabled: true });
      await operators.resetPassword(system, id, 'another long password');
      await login('bob@example.com', 'another long password');
      await operators.remove(system, id);
      const trail = await carillon.sql<{ action: string }>(
        'SELECT * FROM audit_events ORDER BY id',
      );
      expect(trail.map(({ action }) => action)).toEqual([
        'operator.create',
        'operator.create',
        'operator.role',
        'operator.disable',
        'operator.enable',
        'operator.password',
        'operator.login',
        'operator.remove',
      ]);
      expect(JSON.stringify(trail)).not.toMatch(/password [a-z]|battery|argon2/);
    });
  });
});
