import { Decoder } from './hpack/decoder';
import { RequestEncoder } from './request-encoder';

it('Requests of many messages in turn have the fields of their own message', () => {
  const encoder = new RequestEncoder('https', 'example.com', () => 'indexed');
  const decoder = new Decoder();
  const target = Buffer.alloc(1_000);
  const heads = Array.from({ length: 100 }, (_, i) => ({ ':method': 'POST', 'x-message': `${i}` }));
  for (let i = 0; i < 1_000; i++) {
    const head = heads[(i * i) % heads.length] ?? {};
    const own = { ':path': `/${i}`, 'x-own': 'a' };
    encoder.prepare(head, own, Infinity);
    const fields = decoder.decode(target.subarray(0, encoder.write(own, target, 0))) ?? [];
    expect(Object.fromEntries(fields)).toEqual({
      ...head,
      ...own,
      ':scheme': 'https',
      ':authority': 'example.com',
    });
  }
});
