/** Tells on stderr how far a bench has come that takes its time. */
export function progress(what: string): void {
  console.error(`${Math.round(performance.now() / 1_000)} s: ${what}`);
}
