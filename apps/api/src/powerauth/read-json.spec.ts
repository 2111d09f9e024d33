import { readJson } from './read-json';

const json = 'application/json';
const read = (body: string | Buffer, contentType: string | undefined = json) =>
  readJson(contentType, Buffer.from(body));

describe('a JSON body', () => {
  it.each([
    ['an object', '{"a":1}', json],
    ['parameters of the content type', '{"a":1}', 'Application/JSON; charset=utf-8'],
    ['a byte order mark', '\ufeff{"a":1}', json],
    ['what follows the object', '{"a":1}}] garbage "', json],
    ['a brace in text before garbage', '{"a":1,"b":"}\\"}"} garbage', json],
    ['a repeated key', '{"a":2,"a":1}', json],
    ['nesting that nobody reads', `{"a":1,"b":${'['.repeat(9_999)}${']'.repeat(9_999)}}`, json],
  ])('may have %s', (_, body, contentType) => {
    expect(read(body, contentType)).toMatchObject({ a: 1 });
  });

  it.each([
    ['nothing', '', json],
    ['null', 'null', json],
    ['broken JSON', '{"a":', json],
    ['an object that breaks off in text', `{"${'\\"'.repeat(300_000)}`, json],
    ['garbage before the object', 'x{"a":1}', json],
    ['a number out of nowhere', '{"a":01}', json],
    ['another encoding', Buffer.from([0x7b, 0xff, 0x7d]), json],
    ['another content type', '{"a":1}', 'text/plain'],
    ['no content type', '{"a":1}', ''],
  ])('is refused with %s', (_, body, contentType) => {
    expect(() => read(body, contentType)).toThrow(/^The request (wants a )?body/);
  });

  it('is refused when Fastify parsed it as something else', () => {
    expect(() => readJson(json, { a: 1 })).toThrow('wants a body');
    expect(() => readJson(undefined, undefined)).toThrow('wants a body');
  });
});
