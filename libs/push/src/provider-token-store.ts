/**
 * Keeps the provider token that one process minted for all of them: Apple counts new tokens per team, however many
 * machines we send from and however often they start.
 */
export abstract class ProviderTokenStore {
  /**
   * @returns the stored token when it was minted after `notBefore`, else what `mint` gives, which is stored. Of any
   * number of callers at once, in any process, one mints.
   */
  abstract obtain(name: string, notBefore: Date, mint: () => string): Promise<string>;
}
