import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { UploadLimits } from '../src/upload/upload-limits';
import { UploadSlots } from '../src/upload/upload-slots';
import { ApiClient } from './api-client';
import { Callers } from './callers';
import { startInside } from './server-inside';
import { csv, ndjson, pieces, upload, type UploadBody } from './upload-client';

let api: ApiClient;
let app: NestFastifyApplication;
let callers: Callers;
let limits: UploadLimits;
beforeAll(async () => {
  ({ api, app } = await startInside());
  await api.sql(`INSERT INTO applications (id, name) VALUES (1, 'aleph'), (2, 'beth')`);
  callers = await Callers.create(api, app);
  limits = app.get(UploadLimits, { strict: false });
});
const usual = new UploadLimits();
beforeEach(() => Object.assign(limits, usual));
afterAll(() => api.close());

const CREATE_CAMPAIGN = `mutation ($input: CreateCampaignInput!) { createCampaign(input: $input) { id } }`;
const draft = async () => {
  const input = { applicationId: '1', name: 'Spring', message: { title: 'Hello' } };
  return (await api.ask<{ id: string }>(CREATE_CAMPAIGN, { input })).id;
};
const audience = async (id: string) =>
  (
    await api.sql<{ id: string }>(
      'SELECT user_id AS id FROM campaign_users WHERE campaign_id = $1 ORDER BY 1',
      [id],
    )
  ).map((row) => row.id);
const inStream = { accept: ndjson };
const asNdjson = { 'content-type': ndjson };
const gzipped = { 'content-encoding': 'gzip' };

/** Uploads into a new draft. @returns the answer's last line, and who is in the audience */
const uploadUsers = async (body: UploadBody, headers: Readonly<Record<string, string>> = {}) => {
  const id = await draft();
  const { status, lines } = await upload(api, `campaigns/${id}/users`, body, headers);
  return { id, status, report: lines.at(-1), users: await audience(id) };
};

describe('users of a campaign', () => {
  it('come from a CSV file, each once', async () => {
    const { id, status, report } = await uploadUsers('userId\nann\nbob\nann\n');
    expect([status, report]).toEqual([
      200,
      { rows: 3, added: 2, present: 1, refused: 0, problems: [], problemsTruncated: false },
    ]);
    const again = await upload(api, `campaigns/${id}/users`, 'userId\nann\nbob\nann\ncid');
    expect(again.lines[0]).toMatchObject({ rows: 4, added: 1, present: 3 });
    expect(await audience(id)).toEqual(['ann', 'bob', 'cid']);
  });

  const text = '\ufeffuserId\r\nJosé\r\n"two\r\nlines, ""quoted"""\r\n\r\n😀';
  const named = ['José', 'two\r\nlines, "quoted"', '😀'];
  const json = named.map((userId) => JSON.stringify({ userId })).join('\n');
  it.each<[string, UploadBody, object]>([
    ['a file of Excel', text, {}],
    ['a file with line feeds alone', text.replaceAll('\r\n\r\n', '\r\n'), {}],
    ['pieces of one byte', pieces(text, 1), {}],
    ['pieces of three bytes', pieces(text, 3), {}],
    ['gzip', gzipSync(text), gzipped],
    ['gzip by its old name', gzipSync(text), { 'content-encoding': 'x-gzip' }],
    ['gzip in capitals', gzipSync(text), { 'content-encoding': 'GZIP' }],
    ['gzip and identity', gzipSync(text), { 'content-encoding': 'identity, gzip' }],
    ['identity', text, { 'content-encoding': 'Identity' }],
    ['gzip in pieces', pieces(gzipSync(text), 5), gzipped],
    [
      'two gzips in a row',
      Buffer.concat([gzipSync(text.slice(0, 12)), gzipSync(text.slice(12))]),
      gzipped,
    ],
    ['a type with a charset', text, { 'content-type': 'text/csv; charset=UTF-8; header=present' }],
    ['lines of JSON', json, asNdjson],
    [
      'lines of JSON with a mark, spaces and CRLF',
      `\ufeff ${json.replaceAll('\n', '\r\n \r\n')}\r\n`,
      asNdjson,
    ],
    ['lines of JSON in pieces', pieces(json, 1), asNdjson],
    ['lines of JSON in gzip', gzipSync(json), { ...asNdjson, ...gzipped }],
  ])('come in %s', async (_, body, headers) => {
    const { status, users } = await uploadUsers(body, headers as Record<string, string>);
    expect([status, users]).toEqual([200, named.toSorted()]);
  });

  it.each<[string, UploadBody, object, number, string]>([
    ['nothing', '', {}, 400, 'The body is empty'],
    ['a mark alone', '\ufeff', {}, 400, 'The body is empty'],
    ['empty lines', '\n\r\n', {}, 400, 'The body is empty'],
    ['no header', 'ann\nbob\n', {}, 400, 'There is no column "ann"'],
    ['an unknown column', 'userId,name\nann,Ann\n', {}, 400, 'There is no column "name"'],
    ['another delimiter', 'userId;name\n', {}, 400, 'There is no column "userId;name"'],
    ['a column twice', 'userId,userId\n', {}, 400, 'The column userId is there twice'],
    ['UTF-16', Buffer.from('userId\nann\n', 'utf16le'), {}, 400, 'There is no column'],
    ['an open quote', 'userId\n"ann\nbob\n', {}, 400, 'A quote is not closed'],
    [
      'a misplaced quote',
      'userId\na"nn\n',
      {},
      400,
      'There is a quote where none may be at line 2',
    ],
    [
      'text after a quote',
      'userId\n"ann"x\n',
      {},
      400,
      'There is a quote where none may be at line 2',
    ],
    ['an endless record', `userId\n${'x'.repeat(70_000)}`, {}, 400, 'is longer than 65536 bytes'],
    ['an endless quote', `userId\n"${'ann\n'.repeat(20_000)}`, {}, 400, 'or a quote is not closed'],
    ['a body that is no gzip', 'userId\nann\n', gzipped, 400, 'not what gzip makes'],
    ['half a gzip', gzipSync('userId\nann\n').subarray(0, 20), gzipped, 400, 'not what gzip makes'],
    [
      'a bomb',
      gzipSync(Buffer.alloc(50_000_000)),
      { ...asNdjson, ...gzipped },
      400,
      'unpacks to much more',
    ],
    [
      'gzip twice',
      gzipSync(gzipSync('userId\n')),
      { 'content-encoding': 'gzip, gzip' },
      415,
      'once',
    ],
    ['deflate', 'userId\n', { 'content-encoding': 'deflate' }, 415, 'gzip'],
    ['another encoding', 'userId\n', { 'content-encoding': 'br' }, 415, 'gzip'],
    ['another charset', 'userId\n', { 'content-type': 'text/csv; charset=latin1' }, 415, 'UTF-8'],
    ['another type', '{}', { 'content-type': 'application/json' }, 415, 'text/csv'],
    ['a form', 'a=b', { 'content-type': 'application/x-www-form-urlencoded' }, 415, 'text/csv'],
    ['a type of nobody', 'a', { 'content-type': 'application/pdf' }, 415, 'Unsupported Media Type'],
  ])('are not taken from %s', async (_, body, headers, expected, detail) => {
    const { status, report, users } = await uploadUsers(body, headers as Record<string, string>);
    expect([status, users]).toEqual([expected, []]);
    expect(report).toMatchObject({ status, detail: expect.stringContaining(detail) as string });
  });

  it('are none in a header alone', async () => {
    expect((await uploadUsers('userId')).report).toMatchObject({ rows: 0, added: 0, refused: 0 });
    expect((await uploadUsers('', asNdjson)).report).toMatchObject({ rows: 0, refused: 0 });
  });

  it('are without the blanks around them in CSV, however they are quoted', async () => {
    const lines = [
      '\ufeff userId ,,',
      '  ann',
      'bob\t',
      '"  carl "',
      '\u00a0dora\u00a0',
      'eve,,',
      '   ',
      '" a b "',
    ];
    const { report, users } = await uploadUsers(Buffer.from(lines.join('\r\n')));
    expect(report).toMatchObject({ added: 6, refused: 0 });
    expect(users.toSorted()).toEqual(['a b', 'ann', 'bob', 'carl', 'dora', 'eve']);
  });

  it('may have 255 characters, whatever these are', async () => {
    const longest = ['👍'.repeat(255), 'ž'.repeat(255), 'x'.repeat(255)];
    const { report, users } = await uploadUsers(
      Buffer.from(['userId', ...longest, '👍'.repeat(256)].join('\n')),
    );
    expect(users.toSorted()).toEqual(longest.toSorted());
    expect(report).toMatchObject({
      refused: 1,
      problems: [{ message: 'userId wants 1 to 255 characters; this one has 256' }],
    });
  });

  it('are refused line by line, and the others taken, from CSV', async () => {
    const body = Buffer.concat([
      Buffer.from('userId\nann\n""\nbob,1\n"two\nlines"\nnul\0\n'),
      Buffer.from([0xff, 0x0a]),
      Buffer.from(`${'x'.repeat(256)}\nzoë\n`),
    ]);
    const { report, users } = await uploadUsers(body);
    expect(users).toEqual(['ann', 'two\nlines', 'zoë']);
    const problem = (line: number, code: string, message: unknown, field?: string) => ({
      line,
      code,
      message,
      ...(field !== undefined && { field }),
    });
    const wants = (count: number) => `userId wants 1 to 255 characters; this one has ${count}`;
    const nul = 'userId wants text without NUL and without halves of characters';
    expect(report).toEqual({
      rows: 8,
      added: 3,
      present: 0,
      refused: 5,
      problemsTruncated: false,
      problems: [
        problem(4, 'MALFORMED_ROW', 'The row has 2 values, the header 1'),
        problem(8, 'MALFORMED_ROW', 'userId is not UTF-8', 'userId'),
        problem(3, 'INVALID_DEVICE', wants(0), 'userId'),
        problem(7, 'INVALID_DEVICE', nul, 'userId'),
        problem(9, 'INVALID_DEVICE', wants(256), 'userId'),
      ],
    });
  });

  it.each<[string, string | Buffer, string, string]>([
    ['no JSON', '{"userId":', 'MALFORMED_ROW', 'The line is not JSON'],
    ['a list', '["ann"]', 'MALFORMED_ROW', 'The line is no JSON object'],
    ['null', 'null', 'MALFORMED_ROW', 'The line is no JSON object'],
    ['text', '"ann"', 'MALFORMED_ROW', 'The line is no JSON object'],
    [
      'an unknown member',
      '{"userId":"x","name":"x"}',
      'MALFORMED_ROW',
      'There is no member "name"',
    ],
    [
      'a prototype',
      '{"userId":"x","__proto__":{}}',
      'MALFORMED_ROW',
      'There is no member "__proto__"',
    ],
    ['a number', '{"userId":7}', 'MALFORMED_ROW', 'userId wants text'],
    ['no id', '{}', 'INVALID_DEVICE', 'userId wants'],
    ['null as id', '{"userId":null}', 'INVALID_DEVICE', 'userId wants'],
    ['NUL', String.raw`{"userId":"a\u0000"}`, 'INVALID_DEVICE', 'userId wants'],
    ['half a character', String.raw`{"userId":"\ud83d"}`, 'INVALID_DEVICE', 'userId wants'],
    ['no UTF-8', Buffer.from([0x22, 0xc3, 0x22]), 'MALFORMED_ROW', 'The line is not UTF-8'],
    [
      'a long line',
      `{"userId":"${'x'.repeat(70_000)}"}`,
      'MALFORMED_ROW',
      'longer than 65536 bytes',
    ],
  ])(
    'are refused line by line, and the others taken, from NDJSON: %s',
    async (_, line, code, message) => {
      const one = (userId: string) => Buffer.from(`\n{"userId":"${userId}"}\n`);
      const { report, users } = await uploadUsers(
        pieces(Buffer.concat([one('ann'), Buffer.from(line), one('bob')]), 9_999),
        asNdjson,
      );
      expect(users).toEqual(['ann', 'bob']);
      expect(report).toMatchObject({
        rows: 3,
        added: 2,
        refused: 1,
        problems: [{ line: 3, code, message: expect.stringContaining(message) as string }],
      });
    },
  );

  it('leave an event of each part in the audit trail, which says how far it has come', async () => {
    limits.partRows = 40;
    const ids = Array.from({ length: 95 }, (_, n) => `user-${n}`);
    const { id } = await uploadUsers(`userId\n${ids.join('\n')}`);
    const events = await api.sql(
      `SELECT action, application_id, after FROM audit_events WHERE target = $1 AND action LIKE '%.import' ORDER BY id`,
      [`campaign:${id}`],
    );
    expect(events).toEqual(
      [40, 80, 95].map((users) => ({
        action: 'campaign.users.import',
        application_id: 1,
        after: { users },
      })),
    );
  });

  it('are told of while they come, with all that is refused', async () => {
    limits.partMs = 0;
    const id = await draft();
    const body = pieces(`userId\nann\n""\nbob\n${'""\n'.repeat(200)}`, 8);
    const { type, lines } = await upload(api, `campaigns/${id}/users`, body, inStream);
    expect(type).toBe(ndjson);
    expect(lines.filter((line) => 'refused' in line)).toHaveLength(201);
    expect(lines.filter((line) => 'progress' in line)).not.toHaveLength(0);
    expect(lines.at(-1)).toEqual({ report: { rows: 203, added: 2, present: 0, refused: 201 } });
  });

  it('are listed up to a hundred problems in a single report', async () => {
    const { report } = await uploadUsers(`userId\n${'""\n'.repeat(101)}`);
    expect(report).toMatchObject({ refused: 101, problemsTruncated: true });
    expect(report?.problems).toHaveLength(100);
  });
});

describe('an upload that ends early', () => {
  const broken = 'userId\nann\nbob\ncid\nd"\n';

  it('keeps what was stored, and says how much that is', async () => {
    limits.partRows = 2;
    limits.partMs = 0;
    const { status, report, users } = await uploadUsers(pieces(broken, 4));
    expect(users).toEqual(['ann', 'bob', 'cid']);
    expect([status, report]).toMatchObject([
      400,
      {
        code: 'UNREADABLE_UPLOAD',
        detail:
          'There is a quote where none may be at line 5. 3 rows before it were dealt with; what was stored stays',
      },
    ]);
  });

  it('says so in the last line of a stream', async () => {
    limits.partMs = 0;
    const { status, report } = await uploadUsers(pieces(broken, 4), inStream);
    expect([status, report]).toMatchObject([200, { error: { code: 'UNREADABLE_UPLOAD' } }]);
  });

  it('before anything came has a status, asked as a stream too', async () => {
    const empty = await uploadUsers('', inStream);
    expect([empty.status, empty.report]).toMatchObject([400, { code: 'UNREADABLE_UPLOAD' }]);
  });

  it('is closed by a launch in the middle: who was added before is reached', async () => {
    limits.partMs = 0;
    const id = await draft();
    const body = async function* () {
      yield Buffer.from('userId\nann\nbob\n');
      while ((await audience(id)).length === 0) await sleep(5);
      await api.ask('mutation ($id: ID!) { launchCampaign(id: $id) { id } }', { id });
      yield Buffer.from('cid\n');
    };
    const { status, lines } = await upload(api, `campaigns/${id}/users`, body());
    expect([status, lines[0]]).toMatchObject([409, { code: 'WRONG_STATE' }]);
    expect(await audience(id)).not.toContain('cid');
  });

  it('is cut when nothing comes any more', async () => {
    limits.stallTimeoutMs = 1_000;
    let goOn = (): void => undefined;
    const answered = new Promise<void>((resolve) => (goOn = resolve));
    const body = async function* () {
      yield Buffer.from('userId\nann\n');
      await answered;
      yield Buffer.from('bob\n');
    };
    const { status, report, users } = await uploadUsers(body());
    goOn();
    expect([status, users]).toEqual([400, ['ann']]);
    expect(report).toMatchObject({
      code: 'UPLOAD_STALLED',
      detail: expect.stringContaining('Nothing came for 1 s') as string,
    });
  });

  it('by a client that goes away frees its place, and keeps what was stored', async () => {
    Object.assign(limits, { partMs: 0, uploads: 1 });
    const id = await draft();
    await breakOff(id, 'userId\r\nann\r\nbob\r\nci');
    for (let status = 429; status === 429;) {
      ({ status } = await upload(api, `campaigns/${id}/users`, 'userId\ndan'));
    }
    expect(await audience(id)).toEqual(expect.arrayContaining(['ann', 'dan']));
    expect(await audience(id)).not.toContain('ci');
  });

  /** Sends the begin of a body, and closes the connection once its first row is stored. */
  async function breakOff(id: string, begin: string): Promise<void> {
    const token = await callers.accessToken(['campaigns:write']);
    const { hostname, port } = new URL(api.url);
    const socket = connect(Number(port), hostname);
    socket.write(
      `POST /upload/campaigns/${id}/users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n` +
        `Content-Type: text/csv\r\nContent-Length: 100000\r\n\r\n${begin}`,
    );
    while ((await audience(id)).length === 0) await sleep(5);
    socket.destroy();
  }
});

describe('uploads', () => {
  it('that come byte by byte are cut, and what was stored stays', async () => {
    Object.assign(limits, { leastBytesPerSecond: 1_000_000, rateWindowMs: 20, partMs: 0 });
    let isAnswered = false;
    const body = async function* () {
      yield Buffer.from('userId\nann\nb');
      while (!isAnswered) {
        yield Buffer.from('o');
        await sleep(5);
      }
    };
    const { status, report, users } = await uploadUsers(body());
    isAnswered = true;
    expect([status, users]).toEqual([400, ['ann']]);
    expect(report).toMatchObject({ code: 'UPLOAD_TOO_SLOW' });
  });

  it('may be slow, as long as they come at all', async () => {
    Object.assign(limits, { leastBytesPerSecond: 1, rateWindowMs: 1 });
    const body = async function* () {
      for (const letter of 'userId\nann\n') {
        yield Buffer.from(letter);
        await sleep(5);
      }
    };
    expect(await uploadUsers(body())).toMatchObject({ status: 200, users: ['ann'] });
  });

  it('of one caller leave places to others', async () => {
    Object.assign(limits, { uploads: 3, uploadsOfCaller: 2 });
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const waiting = async function* () {
      yield Buffer.from('userId\n');
      await finished;
      yield Buffer.from('ann\n');
    };
    const slots = jest.spyOn(app.get(UploadSlots, { strict: false }), 'take');
    const first = [uploadUsers(waiting()), uploadUsers(waiting())];
    while (slots.mock.results.length < 2) await sleep(5);
    slots.mockRestore();
    const third = await uploadUsers('userId\nann\n');
    expect([third.status, third.report]).toMatchObject([
      429,
      { detail: '2 uploads of yours are under way, as many as there may be' },
    ]);
    const other = api.as(await callers.accessToken(['campaigns:write']));
    const { status } = await upload(other, `campaigns/${third.id}/users`, 'userId\nann\n');
    expect(status).toBe(200);
    finish();
    expect(await Promise.all(first)).toMatchObject([{ users: ['ann'] }, { users: ['ann'] }]);
    expect((await uploadUsers('userId\nann')).users).toEqual(['ann']);
  });

  it('are so many at once, and no more', async () => {
    limits.uploads = 2;
    let finish = (): void => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const waiting = async function* () {
      yield Buffer.from('userId\n');
      await finished;
      yield Buffer.from('ann\n');
    };
    const slots = jest.spyOn(app.get(UploadSlots, { strict: false }), 'take');
    const first = [uploadUsers(waiting()), uploadUsers(waiting())];
    while (slots.mock.results.length < 2) await sleep(5);
    slots.mockRestore();
    const third = await api.fetch(`/upload/campaigns/${await draft()}/users`, {
      method: 'POST',
      headers: { 'content-type': csv },
      body: 'userId\nann\n',
    });
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '10']);
    expect(await third.json()).toMatchObject({
      detail: '2 uploads are under way, as many as there may be',
    });
    finish();
    expect(await Promise.all(first)).toMatchObject([{ users: ['ann'] }, { users: ['ann'] }]);
    expect((await uploadUsers('userId\nann')).users).toEqual(['ann']);
  });

  it('of the same users at once all succeed, and add each once', async () => {
    limits.partRows = 100;
    const id = await draft();
    const ids = Array.from({ length: 2_000 }, (_, n) => `user-${n}`);
    const answers = await Promise.all(
      [ids, ids.toReversed(), ids].map((list) =>
        upload(api, `campaigns/${id}/users`, `userId\n${list.join('\n')}`),
      ),
    );
    const added = answers.map(({ lines }) => Number(lines[0]?.added));
    expect(added.reduce((sum, one) => sum + one)).toBe(2_000);
    expect(await audience(id)).toHaveLength(2_000);
  });

  it.each<[string, () => Promise<ApiClient> | ApiClient, number]>([
    ['nobody', () => api.as(undefined), 401],
    ['a bad token', () => api.as('nonsense'), 401],
    ['an API key that was revoked', () => callers.withKey('revoked'), 401],
    [
      'a client without the permission',
      () => callers.without('campaigns:write', 'devices:write'),
      403,
    ],
    ['an API key without the permission', () => callers.withKey('powerless'), 403],
    ['a client of another application', () => callers.ofBeth(), 404],
    ['an API key of another application', () => callers.withKey('beth-only'), 404],
  ])('are refused to %s', async (_, caller, expected) => {
    const id = await draft();
    for (const path of [`campaigns/${id}/users`, 'applications/1/devices']) {
      const { status } = await upload(await caller(), path, 'userId\nann\n');
      expect([path, status]).toEqual([path, expected]);
    }
    expect(await audience(id)).toEqual([]);
  });

  it('come with an API key', async () => {
    const id = await draft();
    const caller = callers.withKey();
    const { status } = await upload(caller, `campaigns/${id}/users`, 'userId\nann\n');
    expect({ status, users: await audience(id) }).toEqual({ status: 200, users: ['ann'] });
  });

  it.each([
    ['campaigns/999/users', 404, 'CAMPAIGN_NOT_FOUND'],
    ['campaigns/0/users', 400, 'BAD_USER_INPUT'],
    ['campaigns/x/users', 400, 'BAD_USER_INPUT'],
    ['applications/999/devices', 404, 'APPLICATION_NOT_FOUND'],
  ])('to %s are refused', async (path, status, code) => {
    const answer = await upload(api, path, 'userId\nann\n');
    expect([answer.status, answer.lines[0]]).toMatchObject([status, { code }]);
  });

  it('leave the other routes closed to their types', async () => {
    for (const path of ['/graphql', '/push/device/create', '/auth/token']) {
      for (const type of [csv, ndjson]) {
        const body = 'userId\nann\n';
        const { status } = await api.fetch(path, {
          method: 'POST',
          headers: { 'content-type': type },
          body,
        });
        expect([path, [400, 415].includes(status)]).toEqual([path, true]);
      }
    }
  });
});

describe('an upload when the server stops', () => {
  it('is answered, and does not hold the server up', async () => {
    const other = await ApiClient.start();
    await other.sql(`INSERT INTO applications (id, name) VALUES (1, 'aleph')`);
    const input = { applicationId: '1', name: 'Spring', message: { title: 'Hello' } };
    const { id } = await other.ask<{ id: string }>(CREATE_CAMPAIGN, { input });
    let [begin, end] = [(): void => undefined, (): void => undefined];
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const ended = new Promise<void>((resolve) => (end = resolve));
    const body = async function* () {
      yield Buffer.from('userId\nann\n');
      begin();
      await ended;
    };
    const answer = upload(other, `campaigns/${id}/users`, body());
    await begun;
    await sleep(50);
    const closed = other.close();
    expect(await answer).toMatchObject({ status: 503, lines: [{ code: 'SERVER_STOPPING' }] });
    end();
    await closed;
  });
});

describe('devices of an application', () => {
  const token = (n: number) => n.toString(16).padStart(64, '0');
  const devices = () =>
    api.sql(
      `SELECT platform, token, array_agg(activations.id ORDER BY activations.id) AS users
       FROM devices LEFT JOIN activations ON device_id = devices.id
       GROUP BY devices.id ORDER BY devices.id`,
    );
  beforeEach(() =>
    api.sql('DELETE FROM activations; DELETE FROM devices; DELETE FROM audit_events'),
  );

  it('come from CSV and NDJSON, by the rules of a single registration', async () => {
    await api.ask(
      'mutation ($input: RegisterActivationInput!) { registerActivation(input: $input) { id } }',
      { input: { activationId: 'act-1', userId: 'bob' } },
    );
    const body = [
      'activationId,token,userId,platform',
      `,${token(1).toUpperCase()},ann,IOS`,
      'act-1,fcm-1,,android',
      'act-2,fcm-2,,android',
      ',fcm-3,,android',
      'act-1,fcm-4,ann,android',
      ',fcm 5,ann,android',
      ',fcm-6,ann,windows',
      `,${token(1)},cid,ios`,
    ];
    const { lines } = await upload(api, 'applications/1/devices', body.join('\n'));
    const exactlyOne = 'userId or activationId is wanted, exactly one of them';
    expect(lines[0]).toMatchObject({
      rows: 8,
      registered: 2,
      renewed: 1,
      refused: 5,
      problems: [
        { line: 4, code: 'ACTIVATION_NOT_FOUND' },
        { line: 5, code: 'INVALID_DEVICE', message: exactlyOne },
        { line: 6, code: 'INVALID_DEVICE', message: exactlyOne },
        { line: 7, code: 'INVALID_DEVICE', field: 'token' },
        { line: 8, code: 'INVALID_DEVICE', field: 'platform' },
      ],
    });
    const [first] = await api.sql<{ id: string }>('SELECT id FROM devices WHERE token = $1', [
      token(1),
    ]);
    expect(await devices()).toEqual(
      [
        { platform: 'android', token: 'fcm-1', users: ['act-1'] },
        { platform: 'ios', token: token(1), users: [`${first?.id}:ann`, `${first?.id}:cid`] },
      ].toSorted((a, b) => (a.token === token(1) ? -1 : b.token === token(1) ? 1 : 0)),
    );
    const again = [
      { platform: 'ios', token: token(1), userId: 'ann' },
      { platform: 'ANDROID', token: 'fcm-9', userId: 'ann', activationId: null },
    ];
    const lined = again.map((one) => JSON.stringify(one)).join('\n');
    const repeated = await upload(api, 'applications/1/devices', lined, asNdjson);
    expect(repeated.lines[0]).toMatchObject({ rows: 2, registered: 1, renewed: 1, refused: 0 });
  });

  it('leave an event of each part in the audit trail', async () => {
    limits.partRows = 6;
    const rows = Array.from({ length: 10 }, (_, n) => `android,fcm-${n},ann`);
    await upload(api, 'applications/1/devices', `platform,token,userId\n${rows.join('\n')}`);
    expect(await api.sql('SELECT action, target, after FROM audit_events ORDER BY id')).toEqual(
      [6, 10].map((registered) => ({
        action: 'device.import',
        target: 'application:1',
        after: { registered, renewed: 0 },
      })),
    );
  });

  it('leave no event where all of them are there already', async () => {
    const body = 'platform,token,userId\nandroid,fcm-1,ann\nandroid,fcm-2,ann';
    await upload(api, 'applications/1/devices', body);
    await api.sql('DELETE FROM audit_events');
    const { lines } = await upload(api, 'applications/1/devices', body);
    expect(lines[0]).toMatchObject({ registered: 0, renewed: 2 });
    expect(await api.sql('SELECT FROM audit_events')).toEqual([]);
    // One that goes to another user is there as well, but not as before.
    await upload(api, 'applications/1/devices', `${body}\nandroid,fcm-1,bob`);
    expect(await api.sql('SELECT after FROM audit_events')).toEqual([
      { after: { registered: 0, renewed: 3 } },
    ]);
  });

  it('come in several uploads at once that share tokens, users and activations', async () => {
    limits.partRows = 50;
    const rows = Array.from({ length: 300 }, (_, n) => `android,fcm-${n},user-${n % 7}`);
    const header = 'platform,token,userId\n';
    const answers = await Promise.all(
      [rows, rows.toReversed(), rows, rows.toReversed()].map((list) =>
        upload(api, 'applications/1/devices', header + list.join('\n')),
      ),
    );
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    const registered = answers.map(({ lines }) => Number(lines[0]?.registered));
    expect(registered.reduce((sum, one) => sum + one)).toBe(300);
    expect(await devices()).toHaveLength(300);
  });
});

describe('memory', () => {
  it('stays where it is, however long an upload is', async () => {
    const rows = 200_000;
    const size = () => {
      global.gc?.();
      return process.memoryUsage().heapUsed;
    };
    const body = async function* () {
      yield Buffer.from('userId\n');
      for (let from = 0; from < rows; from += 1_000) {
        const ids = Array.from({ length: 1_000 }, (_, n) => `user-${from + n}-${'x'.repeat(50)}\n`);
        yield Buffer.from(ids.join(''));
        await new Promise(setImmediate);
        highest = Math.max(highest, from % 50_000 === 0 ? size() : 0);
      }
    };
    const before = size();
    let highest = before;
    const id = await draft();
    const { lines } = await upload(api, `campaigns/${id}/users`, body());
    expect(lines[0]).toMatchObject({ rows, added: rows });
    expect(highest - before).toBeLessThan(100 * 1024 ** 2);
  });
});
