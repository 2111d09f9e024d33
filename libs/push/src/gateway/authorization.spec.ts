import { Authorization } from './authorization';

describe('authorization', () => {
  it('names the scheme and the token of the request, also after a renewal', () => {
    const authorization = new Authorization('bearer');
    expect(['a', 'a', 'b', 'a'].map((token) => authorization.of(token))).toEqual([
      'bearer a',
      'bearer a',
      'bearer b',
      'bearer a',
    ]);
  });
});
