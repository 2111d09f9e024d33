import { ZxcvbnFactory } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';

/** The score, of 4, below which a password falls to some 10^8 guesses. */
const leastScore = 3;

/** How much of a password is looked at: patterns in a longer one take a second to find, and so much is enough. */
const lookedAt = 64;

let estimator: ZxcvbnFactory | undefined;

/**
 * Tells whether a password is among those that are tried first: a common one, a word or two with a year, a row of the
 * keyboard, a repetition (NIST SP 800-63B §5.1.1.2).
 * @param known words that whoever guesses knows, e.g. the e-mail
 */
export function isGuessable(password: string, known: readonly string[]): boolean {
  estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
  return estimator.check(password.slice(0, lookedAt), [...known]).score < leastScore;
}
