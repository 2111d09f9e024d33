/**
 * Keeps the provider token that one process minted for all of them: Apple counts new tokens per team, however many
 * machines we send from and however often they start.
 */
export abstract class ProviderTokenStore {
  /**
   * @returns the stored token when it is younger than `maxAgeMs`, else what `mint` gives, which is stored. Of any
   * number of callers at once, in any process, one mints.
   * @param mint is told the time by the store's clock, which all processes share
   */
  abstract obtain(name: string, maxAgeMs: number, mint: (now: Date) => string): Promise<string>;
}
