/** What is measured in turn: each gives its figure of one round. */
export type Measures<Name extends string> = Readonly<Record<Name, () => Promise<number>>>;
export type Round<Name extends string> = Readonly<Record<Name, number>>;

/** The number of rounds at least: what else the machine does disturbs one of them, not the middle of three. */
const least = 3;
/** The number of rounds at most. */
const most = 7;
/** How long there are further rounds than the least number. */
const seconds = 45;

/**
 * Measures everything once to warm it up, and then round after round, each the other way round than the one before, so
 * that none has always the smaller tables or the warmer caches.
 * @param isWarm is whether what is measured warms itself up
 */
export async function rounds<Name extends string>(
  measures: Measures<Name>,
  { isWarm = false } = {},
): Promise<Round<Name>[]> {
  const names = Object.keys(measures) as Name[];
  const round = async (): Promise<Round<Name>> => {
    const figures: Partial<Record<Name, number>> = {};
    for (const name of names) figures[name] = await measures[name]();
    names.reverse();
    return figures as Round<Name>;
  };
  if (!isWarm) await round();
  const startedAt = performance.now();
  const measured: Round<Name>[] = [];
  const goesOn = () => {
    const tookMs = performance.now() - startedAt;
    // One more, only if it is likely to fit.
    return tookMs + tookMs / measured.length < seconds * 1_000;
  };
  while (measured.length < least || (measured.length < most && goesOn()))
    measured.push(await round());
  return measured;
}
