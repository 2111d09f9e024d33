/**
 * Keeps the provider token that one process minted for all of them: Apple counts new tokens per team, however many
 * machines we send from and however often they start.
 */
export abstract class ProviderTokenStore {
  /**
   * Returns the stored token if it is younger than `maxAgeMs`, else stores and returns what `mint` gives. Of any number
   * of callers at once, in any process, one mints.
   * @param mint takes the time by the store's clock, which all processes share
   */
  abstract obtain(
    name: string,
    maxAgeMs: number,
    mint: (now: Date) => Promise<string>,
  ): Promise<string>;
}
