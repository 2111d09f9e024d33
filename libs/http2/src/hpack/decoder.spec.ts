import { Decoder } from './decoder';
import { HpackError } from './hpack-error';

const octets = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex');

describe('the decoder', () => {
  it.each([
    ['a field without name and value', '40'],
    ['a name that is cut off', '40 0a 6375'],
    ['a field without value', '40 01 61'],
    ['a value that is cut off', '44 04 2f61'],
    ['a length that is cut off', '44 7f'],
    ['an index that is cut off', 'ff 80'],
    ['a table size that is cut off', '3f'],
    ['the index 0', '80'],
    ['an index of an empty dynamic table', 'be'],
    ['an index far beyond all', 'ff ffff7f'],
    ['the name of no field', '7e 00'],
    ['the name of no field, not to be indexed', '0f 2f 00'],
    ['an index over 28 bits', 'ff 80ffffff 7f'],
    ['a length over 28 bits', '04 7f 80ffffff 7f'],
    ['an integer of too many octets', '0f 8080808080 00 00'],
    ['an integer without end', `ff ${'80'.repeat(100)}`],
    ['EOS in Huffman code', '04 84 ffffffff'],
    ['EOS after an octet in Huffman code', '04 85 07ffffffff'],
    ['padding of eleven bits', '04 82 07ff'],
    ['padding of eight bits', '04 81 ff'],
    ['padding of zeros', '04 81 00'],
    ['a code that is cut off', '04 81 fe'],
    ['a table size above the limit', '3f e21f'],
    ['a table size above the limit after another one', '20 3f e21f'],
    ['a table size after a field', '82 20'],
  ])('refuses %s', (_, block) => {
    expect(() => new Decoder().decode(octets(block))).toThrow(HpackError);
  });

  it.each([
    ['an empty block', '', []],
    ['an empty name and an empty value', '00 00 00', [['', '']]],
    ['empty strings in Huffman code', '00 80 80', [['', '']]],
    ['padding of seven bits', '04 84 18c631ff', [[':path', 'aaaaa']]],
    ['an integer with zeros before it', '0f 8080808000 00', [['accept-charset', '']]],
    ['octets beyond ASCII', '04 03 c3bcff', [[':path', 'Ã¼ÿ']]],
    ['two table sizes', '20 3f e11f 82', [[':method', 'GET']]],
  ])('reads %s', (_, block, fields) => {
    expect(new Decoder().decode(octets(block))).toEqual(fields);
  });

  it('forgets what a smaller table has no room for', () => {
    const decoder = new Decoder();
    decoder.decode(octets('40 0161 0162'));
    expect(() => decoder.decode(octets('20 be'))).toThrow(HpackError);
  });

  it('empties its table for a field that is larger', () => {
    const decoder = new Decoder();
    decoder.decode(octets('40 0161 0162'));
    expect(decoder.decode(octets('be'))).toEqual([['a', 'b']]);
    decoder.decode(octets('3f03 40 0163 026464'));
    expect(() => decoder.decode(octets('be'))).toThrow(HpackError);
  });

  it('holds the peer to a smaller table from the next block on', () => {
    const shrunk = (...sizes: number[]) => {
      const decoder = new Decoder();
      for (const size of sizes) decoder.setTableSize(size);
      return (block: string) => decoder.decode(octets(block));
    };
    expect(() => shrunk(100)('82')).toThrow(HpackError);
    expect(() => shrunk(100)('3f46 82')).toThrow(HpackError);
    expect(shrunk(100)('3f45 82')).toEqual([[':method', 'GET']]);
    expect(shrunk(100)('20 82')).toEqual([[':method', 'GET']]);
    expect(() => shrunk(100, 200)('3fa901 82')).toThrow(HpackError);
    expect(shrunk(100, 200)('3f45 3fa901 82')).toEqual([[':method', 'GET']]);
    expect(shrunk(8192)('82')).toEqual([[':method', 'GET']]);
    expect(shrunk(8192)('3fe13f 82')).toEqual([[':method', 'GET']]);
  });

  it('says so when a list is too large, and can read the next block', () => {
    const decoder = new Decoder(4096, 100);
    expect(decoder.decode(octets('40 0161 0162 be'))).toHaveLength(2);
    expect(decoder.decode(octets('40 0163 0164 bebf'))).toBeUndefined();
    expect(decoder.decode(octets('be'))).toEqual([['c', 'd']]);
  });
});
