import { huffmanLength, readHuffman, writeHuffman } from './huffman';

describe('Huffman code', () => {
  it.each([
    ['any octet after any number of bits', textsOfAllOctets()],
    ['a text of no octet', ['']],
    ['a long text', ['0123456789abcdef'.repeat(2000)]],
  ])('gives back %s', (_, texts) => {
    const target = Buffer.alloc(40_000);
    const decoded = texts.map((text) => readHuffman(target, 1, writeHuffman(text, target, 1)));
    expect(decoded).toEqual(texts);
    expect(texts.map((text) => writeHuffman(text, target, 0))).toEqual(texts.map(huffmanLength));
  });

  function textsOfAllOctets(): string[] {
    return Array.from(
      { length: 256 * 8 },
      (_, i) => 'a'.repeat(i >> 8) + String.fromCharCode(i & 0xff),
    );
  }
});
