import { multirangeOf } from './multirange';

describe('a multirange', () => {
  it.each([
    ['nothing', [], '{}'],
    ['one number', [7], '{[7,8)}'],
    ['a whole chunk', [3, 4, 5, 6], '{[3,7)}'],
    ['numbers with gaps', [1, 2, 4, 8, 9], '{[1,3),[4,5),[8,10)}'],
  ])('of %s', (_, numbers, written) => {
    expect(multirangeOf(numbers)).toBe(written);
  });
});
