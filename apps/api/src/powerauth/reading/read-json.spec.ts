import { readJson } from './read-json';

const read = (body: string | Buffer) => readJson(Buffer.from(body));

describe('a JSON body', () => {
  it.each([
    ['an object', '{"a":1}'],
    ['a byte order mark', '\ufeff{"a":1}'],
    ['what follows the object', '{"a":1}}] garbage "'],
    ['a brace in text before garbage', '{"a":1,"b":"}\\"}"} garbage'],
    ['a repeated key', '{"a":2,"a":1}'],
    ['nesting that nobody reads', `{"a":1,"b":${'['.repeat(9_999)}${']'.repeat(9_999)}}`],
  ])('may have %s', (_, body) => {
    expect(read(body)).toMatchObject({ a: 1 });
  });

  it.each([
    ['nothing', ''],
    ['null', 'null'],
    ['broken JSON', '{"a":'],
    ['an object that breaks off in text', `{"${'\\"'.repeat(300_000)}`],
    ['garbage before the object', 'x{"a":1}'],
    ['a number out of nowhere', '{"a":01}'],
    ['another encoding', Buffer.from([0x7b, 0xff, 0x7d])],
  ])('is refused with %s', (_, body) => {
    expect(() => read(body)).toThrow(/^The request (wants a )?body/);
  });

  it('is refused when Fastify parsed it as something else', () => {
    expect(() => readJson({ a: 1 })).toThrow('wants a body');
    expect(() => readJson(undefined)).toThrow('wants a body');
  });
});
